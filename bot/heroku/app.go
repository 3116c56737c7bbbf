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

// An App is one app on Heroku, of which several process types may be scaled. Calls that its process types make at about
// the same time become one: of readings one request for all, and of changes one batch. It may be used from several
// goroutines.
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

// Open makes an App. It calls nobody; its errors say which option is wrong, and never tell the key.
func Open(o Options) (*App, error) {
	return openOver(o, web.Dialer())
}

func openOver(o Options, inner http.RoundTripper) (*App, error) {
	base, err := web.BaseURL("the Heroku API's URL", cmp.Or(o.URL, api.DefaultURL), api.DefaultURL, "the key")
	switch {
	case err != nil:
		return nil, err
	case o.App == "":
		return nil, errors.New("the Heroku app's name is missing: `heroku apps` lists yours")
	case !web.Only(o.App, web.Letters+web.Digits+"-", 64):
		return nil, fmt.Errorf("%q is no Heroku app: its name has letters, digits and dashes only, as in my-app", o.App)
	case o.Key == "":
		return nil, errors.New("the Heroku API key is missing: `heroku authorizations:create` makes one")
	case !web.Only(o.Key, web.Letters+web.Digits+"-_.~+/=", 4096):
		return nil, errors.New("the Heroku API key holds a space, a line break, a quote or another character that no " +
			"token has: " +
			"paste the token alone, as `heroku authorizations:create` shows it")
	case o.Timeout < 0:
		return nil, fmt.Errorf("a timeout of %v is negative: use 0 for %v, or more", o.Timeout, defaultTimeout)
	}
	o.UserAgent, o.Timeout = cmp.Or(o.UserAgent, "autoscalebot"), cmp.Or(o.Timeout, defaultTimeout)
	return &App{client: newClient(o, base, inner), types: map[string]bool{}}, nil
}

// Scaler makes a Platform of one process type; "" means "web". It calls nobody. All of an app's are to be taken before
// the first call, so that each knows whether it stands alone: one that does waits for nobody.
func (a *App) Scaler(processType string) (*Platform, error) {
	processType = cmp.Or(processType, "web")
	if !web.Only(processType, web.Letters+web.Digits+"-_", 128) {
		return nil, fmt.Errorf("%q is no process type: one has letters, digits, dashes and underscores "+
			"only, as in web", processType)
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

// changed drops the readings that are from before a change.
func (a *App) changed() {
	a.formations.drop()
	a.dynos.drop()
}
