package cloudfoundry

import (
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Options configure a [Platform]. URL, App and one kind of credentials are required.
type Options struct {
	// URL is the Cloud Controller's, as in https://api.example.com (`cf api` shows it). Plain http is allowed only for
	// a loopback address, because it would send passwords unencrypted.
	URL string
	// Org, Space and App are names or GUIDs. With an app's GUID, Org and Space are not needed; with a space's GUID, Org
	// is not needed.
	Org, Space, App string
	// ProcessType is the process type to scale; "" means "web".
	ProcessType string
	// Credentials are the credentials for tokens.
	Credentials Credentials
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout limits one HTTP call; 0 means 10 s. A call is tried up to three times, and ends within 20 s in all,
	// whatever the Timeout.
	Timeout time.Duration
	// Once says that no heartbeat follows which would repeat a failed call. Errors then do not promise one.
	Once bool
}

func (o Options) check() error {
	var wrong []error
	switch {
	case o.App == "":
		wrong = append(wrong, errors.New("the app's name is missing. Run `cf apps` to list the apps of your space"))
	case o.Space == "" && !web.IsUUID(o.App):
		wrong = append(wrong, errors.New("the space is missing: `cf target` shows it; or set the app's GUID, which "+
			"`cf app NAME --guid` shows"))
	case o.Org == "" && !web.IsUUID(o.App) && !web.IsUUID(o.Space):
		wrong = append(wrong, errors.New("the org is missing: `cf target` shows it; or set the space's GUID, which "+
			"`cf space NAME --guid` shows"))
	}
	if !plain(o.ProcessType) {
		wrong = append(wrong, fmt.Errorf("%q is not a process type: must have only letters, digits, dashes and "+
			"underscores, "+
			"as in web", o.ProcessType))
	}
	if o.Timeout < 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be 0 for %v, or more",
			o.Timeout, defaultTimeout))
	}
	return errors.Join(wrong...)
}

// A text without characters that have a meaning in the path of a URL, where GUIDs go.
func plain(s string) bool { return web.Only(s, web.Letters+web.Digits+"-_", 128) }

func baseURL(s string) (string, error) {
	if s == "" {
		return "", errors.New("the URL of the Cloud Foundry API is missing: `cf api` shows it")
	}
	return web.BaseURL("the Cloud Foundry API's URL", s, "https://api.example.com", "secrets")
}
