package cloudfoundry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Credentials are a user with a password, a client with a secret, or a refresh token. UAA issues tokens for them.
type Credentials struct {
	// Username and Password are a user's. Origin is the user's identity provider, if there are several.
	Username, Password, Origin string
	// ClientID and ClientSecret are a client's, with the grant client_credentials. With a user or a refresh token they
	// select the token's client instead, by default the cf command's.
	ClientID, ClientSecret string
	// RefreshToken is from a login, for example by single sign-on. By default UAA lets it expire after 30 days and does
	// not renew it.
	RefreshToken string
}

func (c Credentials) check() error {
	switch {
	case c == (Credentials{}):
		return errors.New("the credentials are missing. Set a user and a password, a client and its secret, or a " +
			"refresh token")
	case c.Username != "" && c.Password == "":
		return errors.New("the user's password is missing")
	case c.Username == "" && c.Password != "":
		return errors.New("the password's user is missing")
	case c.ClientID == "" && c.ClientSecret != "":
		return errors.New("the client secret's client is missing")
	case c.Username == "" && c.RefreshToken == "" && c.ClientSecret == "":
		return errors.New("the client's secret is missing")
	}
	return nil
}

func (c Credentials) grant() url.Values {
	switch {
	case c.Username != "":
		form := url.Values{"grant_type": {"password"}, "username": {c.Username}, "password": {c.Password}}
		if c.Origin != "" {
			hint, err := json.Marshal(map[string]string{"origin": c.Origin})
			if err == nil {
				form.Set("login_hint", string(hint))
			}
		}
		return form
	case c.RefreshToken != "":
		return refresh(c.RefreshToken)
	}
	return url.Values{"grant_type": {"client_credentials"}}
}

func refresh(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

type tokens struct {
	o         Options
	transport *web.Transport
	turn      chan struct{} // a mutex that respects contexts; it guards the rest

	links   links
	token   string
	renew   time.Time // when the token must be renewed
	refresh string    // "" without one
}

type links struct{ uaa, logCache string }

func newTokens(o Options, transport *web.Transport) *tokens {
	t := &tokens{o: o, transport: transport, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// The token is valid for a while. A kept token is returned without a call.
func (t *tokens) get(ctx context.Context) (string, error) {
	if err := t.lock(ctx); err != nil {
		return "", err
	}
	defer t.unlock()
	if t.token != "" && time.Now().Before(t.renew) {
		return t.token, nil
	}
	if err := t.discover(ctx); err != nil {
		return "", err
	}
	if t.refresh != "" {
		err := t.ask(ctx, refresh(t.refresh))
		var e *Error
		if err == nil || !errors.As(err, &e) || e.Status/100 != 4 {
			return t.token, err
		}
		t.refresh = "" // it has expired, or was revoked
	}
	return t.token, t.ask(ctx, t.o.Credentials.grant())
}

func (t *tokens) lock(ctx context.Context) error {
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return t.transport.Ended(ctx)
	}
}

func (t *tokens) unlock() { t.turn <- struct{}{} }

// The token is forgotten, unless it has been renewed meanwhile.
func (t *tokens) refused(ctx context.Context, token string) {
	if t.lock(ctx) != nil {
		return // no more calls will follow
	}
	defer t.unlock()
	if t.token == token {
		t.token = ""
	}
}

func (t *tokens) discover(ctx context.Context) error {
	if t.links.uaa != "" {
		return nil
	}
	var root struct {
		Links map[string]*struct {
			Href string `json:"href"`
		} `json:"links"`
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.o.URL+"/", nil)
	if err != nil {
		return err
	}
	if err := send(t.transport, req, &root); err != nil {
		return err
	}
	at := func(name string) (string, error) {
		l := root.Links[name]
		if l == nil || l.Href == "" {
			return "", fmt.Errorf("it has no link %s: check that the URL is Cloud Foundry's API (`cf api`)", name)
		}
		u, err := url.Parse(l.Href)
		if err != nil || u.Hostname() == "" {
			return "", fmt.Errorf("its link %s is not a URL", name)
		}
		return strings.TrimRight(l.Href, "/"), web.Encrypted("its link "+name, u, "secrets")
	}
	uaa, err := at("uaa")
	if err != nil {
		return t.transport.Unusable(err)
	}
	t.links.uaa = uaa
	t.links.logCache, _ = at("log_cache") // optional in an installation
	return nil
}

func (t *tokens) logCache(ctx context.Context) (string, error) {
	if err := t.lock(ctx); err != nil {
		return "", err
	}
	defer t.unlock()
	if t.links.logCache == "" {
		return "", &Error{
			Message: "this installation of Cloud Foundry has no Log Cache",
			Hint:    "use other signals, such as the heartbeat",
		}
	}
	return t.links.logCache, nil
}

const loginPath = "/oauth/token"

func isLogin(req *http.Request) bool {
	return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, loginPath)
}

func (t *tokens) ask(ctx context.Context, form url.Values) error {
	t.token = ""
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.links.uaa+loginPath,
		strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	client := t.o.Credentials.ClientID
	if client == "" {
		client = "cf" // the cf command's, which every installation has, without a secret
	}
	// escaped, as RFC 6749 requires in section 2.3.1
	req.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(t.o.Credentials.ClientSecret))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var a struct {
		Access    string  `json:"access_token"`
		Refresh   string  `json:"refresh_token"`
		Type      string  `json:"token_type"`
		ExpiresIn float64 `json:"expires_in"`
	}
	if err := send(t.transport, req, &a); err != nil {
		return err
	}
	if !web.Only(a.Access, web.Letters+web.Digits+"-_.~+/=", 64<<10) || !strings.EqualFold(a.Type, "bearer") {
		return t.transport.Unusable(errors.New("UAA gave no bearer token"))
	}
	t.token, t.renew = a.Access, time.Now().Add(life(a.ExpiresIn))
	if a.Refresh != "" {
		t.refresh = a.Refresh
	}
	t.transport.Secrets.Add(a.Access, a.Refresh)
	return nil
}

// A token is used until one minute before it expires, or until the last tenth of a short life.
func life(seconds float64) time.Duration {
	d := time.Duration(min(max(seconds, 0), 86400) * float64(time.Second))
	return d - min(time.Minute, d/10)
}

// Access is what is needed to read an app's metrics.
type Access struct {
	// LogCache is the URL of the installation's Log Cache.
	LogCache string
	// App is the app's GUID.
	App string
	// Token is a bearer token, valid for a while.
	Token string
}

// Access returns the platform's token for readers of the app's metrics. If the token is rejected, pass it as refused in
// the next call to get another; otherwise refused is "".
func (p *Platform) Access(ctx context.Context, refused string) (a Access, err error) {
	err = p.do(ctx, "get access to the metrics of "+web.Line(p.o.App), func(ctx context.Context) error {
		if refused != "" {
			p.tokens.refused(ctx, refused)
		}
		app, err := p.place(ctx)
		if err != nil {
			return err
		}
		if a.Token, err = p.tokens.get(ctx); err != nil {
			return err
		}
		a.App = app.guid
		a.LogCache, err = p.tokens.logCache(ctx)
		return err
	})
	return a, err
}
