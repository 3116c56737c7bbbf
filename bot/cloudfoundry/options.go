package cloudfoundry

import (
	"errors"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// A plain text may stand in the path of a URL, where GUIDs go: nothing in it means something there.
func plain(s string) bool { return web.Only(s, web.Letters+web.Digits+"-_", 128) }

func isGUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && web.Only(s, web.Digits+"abcdefABCDEF-", 36)
}

func baseURL(s string) (string, error) {
	if s == "" {
		return "", errors.New("the URL of the Cloud Foundry API is missing: `cf api` shows it")
	}
	return web.BaseURL("the Cloud Foundry API's URL", s, "https://api.example.com", "secrets")
}
