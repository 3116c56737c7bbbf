package cloudfoundry

import (
	"errors"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// plain reports whether s may stand in the path of a URL, where GUIDs go, so that nothing passes that means something there.
func plain(s string) bool { return web.Only(s, web.Letters+web.Digits+"-_", 128) }

// isGUID reports whether s looks like a GUID, rather than a name.
func isGUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && web.Only(s, web.Digits+"abcdefABCDEF-", 36)
}

// baseURL checks the URL of the Cloud Controller, and gives it without a slash at its end.
func baseURL(s string) (string, error) {
	if s == "" {
		return "", errors.New("the URL of the Cloud Foundry API is missing: `cf api` shows it")
	}
	return web.BaseURL("the Cloud Foundry API's URL", s, "https://api.example.com", "secrets")
}
