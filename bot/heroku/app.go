package heroku

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"sync"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// An App is one app on Heroku with one or more process types. Calls that its process types make at about the same time
// are combined: readings into one request, changes into one batch. It is safe for concurrent use.
type App struct {
	client  *client
	batches batches

	formations share[[]formation]
	dynos      share[[]dyno]
	releases   share[[]release]
	infos      share[info]

	mu    sync.Mutex
	types map[string]bool
}

// Open returns an App. It makes no call. Its errors say which option is wrong, and do not show the key.
func Open(o Options) (*App, error) {
	return openOver(o, web.Dialer())
}

func openOver(o Options, inner http.RoundTripper) (*App, error) {
	base, err := web.BaseURL("the Heroku API's URL", cmp.Or(o.URL, api.DefaultURL), api.DefaultURL, "the key")
	switch {
	case err != nil:
		return nil, err
	case o.App == "":
		return nil, errors.New("the Heroku app's name is missing. Run `heroku apps` to list your apps")
	case !web.Only(o.App, web.Letters+web.Digits+"-", 64):
		return nil, fmt.Errorf("%q is not a Heroku app: must have only letters, digits and dashes, as in my-app", o.App)
	case o.Key == "":
		return nil, errors.New("the Heroku API key is missing. Run `heroku authorizations:create` to create one")
	case !web.Only(o.Key, web.Letters+web.Digits+"-_.~+/=", 4096):
		return nil, errors.New("the Heroku API key has a space, a line break, a quote or another invalid character. " +
			"Set only the token that `heroku authorizations:create` shows")
	case o.Timeout < 0:
		return nil, fmt.Errorf("the timeout is %v: must be 0 for %v, or more", o.Timeout, defaultTimeout)
	}
	o.UserAgent, o.Timeout = cmp.Or(o.UserAgent, "autoscalebot"), cmp.Or(o.Timeout, defaultTimeout)
	return &App{client: newClient(o, base, inner), types: map[string]bool{}}, nil
}

// Scaler returns a Platform of one process type; "" means "web". It makes no call. Create all of an app's platforms
// before the first call: a single one never waits for others.
func (a *App) Scaler(processType string) (*Platform, error) {
	processType = cmp.Or(processType, "web")
	if !web.Only(processType, web.Letters+web.Digits+"-_", 128) {
		return nil, fmt.Errorf("%q is not a process type: must have only letters, digits, dashes and underscores, "+
			"as in web", processType)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.types[processType] = true
	return &Platform{client: a.client, processType: processType, shared: a}, nil
}

func (a *App) several() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.types)
}

// Readings from before a change are out of date.
func (a *App) changed() {
	a.formations.drop()
	a.dynos.drop()
}
