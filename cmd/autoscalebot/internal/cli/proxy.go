package cli

import (
	"net/http"
	"net/url"
	"os"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// takeAllProxy has net/http go by ALL_PROXY, which it does not know, wherever HTTP_PROXY or HTTPS_PROXY is not set: for
// the calls to platforms and the notices. It reads the environment once, which is now. Commands that the bot runs find
// their environment as it was.
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
