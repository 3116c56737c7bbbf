package cli

import (
	"net/http"
	"net/url"
	"os"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// net/http does not know ALL_PROXY, which stands in for HTTP_PROXY and HTTPS_PROXY if those are not set. net/http reads
// the environment only once: here, with the variables set for a moment, so the commands that the bot runs do not get
// them.
func takeAllProxy() {
	all := settings.AllProxy()
	for _, names := range [][2]string{{"http_proxy", "HTTP_PROXY"}, {"https_proxy", "HTTPS_PROXY"}} {
		if all == "" || os.Getenv(names[0])+os.Getenv(names[1]) != "" {
			continue
		}
		was, set := os.LookupEnv(names[1])
		_ = os.Setenv(names[1], all)
		defer func() {
			if set {
				_ = os.Setenv(names[1], was)
				return
			}
			_ = os.Unsetenv(names[1])
		}()
	}
	_, _ = http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "http", Host: "localhost"}})
}
