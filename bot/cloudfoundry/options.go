package cloudfoundry

import (
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Options say which process type of which app is scaled, and how Cloud Foundry is reached. The API's URL, the app and
// one kind of credentials are required.
type Options struct {
	// URL is where the Cloud Controller is, as in https://api.example.com (`cf api` shows it). Plain http is for a
	// loopback address only, since passwords would cross the network for all to read.
	URL string
	// Org, Space and App are names or GUIDs. An app's GUID needs neither of the others, a space's GUID no org.
	Org, Space, App string
	// ProcessType is the process type that is scaled; "" means "web".
	ProcessType string
	// Credentials are what tokens are got by.
	Credentials Credentials
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout bounds one HTTP call; 0 means 10 s. A call is tried up to three times, and ends within 20 s in all
	// whatever the Timeout is.
	Timeout time.Duration
}

func (o Options) check() error {
	var wrong []error
	switch {
	case o.App == "":
		wrong = append(wrong, errors.New("the app's name is missing: `cf apps` lists those of your space"))
	case o.Space == "" && !web.IsUUID(o.App):
		wrong = append(wrong, errors.New("the space is missing: `cf target` shows it; or give the app's GUID, as "+
			"from `cf app NAME --guid`"))
	case o.Org == "" && !web.IsUUID(o.App) && !web.IsUUID(o.Space):
		wrong = append(wrong, errors.New("the org is missing: `cf target` shows it; or give the space's GUID, as "+
			"from `cf space NAME --guid`"))
	}
	if !plain(o.ProcessType) {
		wrong = append(wrong, fmt.Errorf("%q is no process type: one has letters, digits, dashes and underscores "+
			"only, as in web", o.ProcessType))
	}
	if o.Timeout < 0 {
		wrong = append(wrong, fmt.Errorf("a timeout of %v is negative: use 0 for %v, or more",
			o.Timeout, defaultTimeout))
	}
	return errors.Join(wrong...)
}

// A plain text may stand in the path of a URL, where GUIDs go: nothing in it means something there.
func plain(s string) bool { return web.Only(s, web.Letters+web.Digits+"-_", 128) }

func baseURL(s string) (string, error) {
	if s == "" {
		return "", errors.New("the URL of the Cloud Foundry API is missing: `cf api` shows it")
	}
	return web.BaseURL("the Cloud Foundry API's URL", s, "https://api.example.com", "secrets")
}
