package dashboard_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

func TestSignInIsNeeded(t *testing.T) {
	w := newWorld(t, time.Hour)
	p := newPerson(t, w.url)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 303},
		{"HEAD", "/", 303},
		{"GET", "/series?last=3600", 401},
		{"GET", "/money", 401},
		{"GET", "/decisions", 401},
		{"GET", "/stream", 401},
		{"POST", "/pause", 401},
		{"POST", "/resume", 401},
		{"POST", "/override", 401},
		{"POST", "/end-override", 401},
		{"POST", "/sign-out", 401},
		{"GET", "/sign-in", 200},
	} {
		a := p.do(c.method, c.path, "")
		if a.status != c.status {
			t.Errorf("%s %s is answered with %d, want %d", c.method, c.path, a.status, c.status)
		}
		if strings.Contains(a.body, "dancing-forest") {
			t.Errorf("%s %s tells the app's name to somebody who has not signed in", c.method, c.path)
		}
	}
}

func TestSomebodyWhoKnowsThePasswordSeesThePage(t *testing.T) {
	_, p := enter(t, "Ada", time.Hour)
	if a := p.get("/"); a.status != 200 || !strings.Contains(a.body, "dancing-forest") {
		t.Errorf("the page is answered with %d", a.status)
	}
	if a := p.get("/sign-in"); a.status != 303 {
		t.Errorf("somebody who has signed in is asked to again: %d", a.status)
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
	} {
		if got := p.get("/").header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestManyWrongPasswordsAreSlowedDown(t *testing.T) {
	w := newWorld(t, time.Hour)
	in := signedIn(t, w.url, "Ada")
	p := newPerson(t, w.url)
	wrong := func() int { return p.post("/sign-in", url.Values{"password": {"not the password"}}).status }
	for i := range 10 {
		if got := wrong(); got != 401 {
			t.Fatalf("wrong password %d is answered with %d", i+1, got)
		}
	}
	if got := wrong(); got != 429 {
		t.Errorf("after 10 wrong passwords another is answered with %d", got)
	}
	a := p.post("/sign-in", url.Values{"password": {password}})
	if a.status != 429 || a.header.Get("Retry-After") == "" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("the right one among too many guesses is answered with %d, which tells it from the others", a.status)
	}
	if got := in.get("/").status; got != 200 {
		t.Errorf("somebody's guesses put out who had signed in: %d", got)
	}
}

// Behind a proxy, all clients have one address. During guesses from there, a browser that signed in before gets in again.
// With a trusted proxy, everybody else does too.
func TestGuessingDoesNotShutTheOwnerOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour, func(o *dashboard.Options) {
			o.Throttle = throttle.New(throttle.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}})
		})
		send := func(p *person, addr string, form url.Values) answer {
			p.t.Helper()
			return p.post("/sign-in", form, header("X-Forwarded-For", addr))
		}
		owner, guesser := newPerson(t, "http://page"), newPerson(t, "http://page")
		// The connection's address is the proxy's.
		proxied := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = "192.0.2.1:1"
			w.page.ServeHTTP(rw, r)
		})
		owner.client.Transport = pipesTo(t, proxied)
		guesser.client.Transport = owner.client.Transport
		if a := send(owner, "203.0.113.9", url.Values{"password": {password}}); a.status != 303 {
			t.Fatalf("the owner is answered with %d", a.status)
		}
		guess := func(addr string) {
			t.Helper()
			refused := 0
			for range 603 { // for 5 minutes, twice a second
				if send(guesser, addr, url.Values{"password": {"not the password"}}).status == 429 {
					refused++
				}
				time.Sleep(500 * time.Millisecond)
			}
			if refused < 400 {
				t.Errorf("of 603 guesses only %d are refused", refused)
			}
		}
		guess("203.0.113.9") // from the owner's address, as behind an untrusted proxy
		owner.learn()
		if a := owner.ask("/sign-out"); a.status != 303 {
			t.Fatalf("signing out is answered with %d", a.status)
		}
		if a := send(owner, "203.0.113.9", url.Values{"password": {password}}); a.status != 303 {
			t.Errorf("a browser that signed in before is answered with %d", a.status)
		}
		stranger := newPerson(t, "http://page")
		stranger.client.Transport = owner.client.Transport
		status, tries := 429, 0
		for ; status == 429 && tries < 20; tries++ {
			send(guesser, "203.0.113.9", url.Values{"password": {"not the password"}})
			time.Sleep(500 * time.Millisecond)
			status = send(stranger, "203.0.113.9", url.Values{"password": {password}}).status
		}
		if status != 303 {
			t.Errorf("a browser that never signed in is answered with %d at the guesser's address, %d times", status, tries)
		}
		if a := send(stranger, "198.51.100.7", url.Values{"password": {password}}); a.status != 303 {
			t.Errorf("a browser at another address behind the proxy is answered with %d", a.status)
		}
	})
}

// A device cookie is worthless if the bot did not make it, or after the password has changed.
func TestADeviceCannotBeMadeUp(t *testing.T) {
	w := newWorld(t, time.Hour)
	other := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Password = "another password" })
	p := newPerson(t, other.url)
	a := p.post("/sign-in", url.Values{"password": {"another password"}})
	var foreign string
	for _, c := range a.header["Set-Cookie"] {
		if strings.HasPrefix(c, "autoscalebot-device=") {
			foreign = strings.Split(c, ";")[0]
		}
	}
	if foreign == "" {
		t.Fatal("a browser that signs in is not remembered")
	}
	for _, cookie := range []string{foreign, "autoscalebot-device=", "autoscalebot-device=x.y", "autoscalebot-device=."} {
		guesser := newPerson(t, w.url)
		status := 0
		for i := range 12 {
			status = guesser.post("/sign-in", url.Values{"password": {"not the password"}}, header("Cookie", cookie+strings.Repeat("x", i))).status
		}
		if status != 429 {
			t.Errorf("12 guesses with %s are answered with %d", cookie, status)
		}
	}
}

func TestWrongTokensAreSlowedDown(t *testing.T) {
	w := newWorld(t, time.Hour)
	p := newPerson(t, w.url)
	counts := map[int]int{}
	for range 30 {
		counts[p.get("/series?last=3600", header("Authorization", "Bearer a-token-of-24-guesses")).status]++
	}
	if counts[401] != 10 || counts[429] != 20 {
		t.Errorf("30 wrong tokens are answered with %v", counts)
	}
	if a := p.get("/series?last=3600", header("Authorization", "Bearer "+token)); a.status != 200 {
		t.Errorf("the right token is answered with %d", a.status)
	}
}

func TestWrongPasswordsAreForgottenAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour)
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		for range 12 {
			p.post("/sign-in", url.Values{"password": {"not the password"}})
		}
		time.Sleep(7 * time.Second)
		p.signIn("Ada")
	})
}

func TestASessionEndsAfterTwelveHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour)
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		p.client.Jar = nil // it would forget the cookie
		a := p.post("/sign-in", url.Values{"password": {password}})
		cookie := header("Cookie", strings.Split(a.header.Get("Set-Cookie"), ";")[0])
		time.Sleep(12*time.Hour - time.Second)
		if got := p.get("/", cookie).status; got != 200 {
			t.Errorf("within 12 hours the page is answered with %d", got)
		}
		time.Sleep(2 * time.Second)
		if got := p.get("/", cookie).status; got != 303 {
			t.Errorf("after 12 hours the page is answered with %d", got)
		}
	})
}

func TestAForgedCookieLetsNobodyIn(t *testing.T) {
	w := newWorld(t, time.Hour)
	p := newPerson(t, w.url)
	p.client.Jar = nil
	sign := func(url_ string) string {
		other := newPerson(t, url_)
		other.client.Jar = nil
		a := other.post("/sign-in", url.Values{"password": {password}})
		_, value, _ := strings.Cut(strings.Split(a.header.Get("Set-Cookie"), ";")[0], "=")
		return value
	}
	good := sign(w.url)
	if got := p.get("/", header("Cookie", "autoscalebot="+good)).status; got != 200 {
		t.Fatalf("the right cookie is answered with %d", got)
	}
	id, mac, _ := strings.Cut(good, ".")
	elsewhere := sign(serve(t, second(t, w)))
	for name, value := range map[string]string{
		"nothing": "", "a dot": ".", "no signature": id, "an empty signature": id + ".", "no id": "." + mac, "another id": strings.ToLower(id) + "." + mac,
		"another process's": elsewhere, "a long one": strings.Repeat("a", 3000) + "." + mac, "another letter at the end": id + "." + mac[:len(mac)-1] + "_",
	} {
		if got := p.get("/", header("Cookie", "autoscalebot="+value)).status; got != 303 {
			t.Errorf("a cookie with %s is answered with %d", name, got)
		}
	}
	if got := p.get("/", header("Cookie", "__Host-autoscalebot="+good)).status; got != 303 {
		t.Errorf("a cookie by the name of HTTPS is taken over HTTP: %d", got)
	}
}

func second(t *testing.T, w *world) *dashboard.Dashboard {
	t.Helper()
	d, err := dashboard.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSigningOutEndsTheSession(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	kept := p.client.Jar.Cookies(u)
	status, next := p.stream(t.Context())
	if _, ok := next(); status != 200 || !ok {
		t.Fatalf("the stream is answered with %d", status)
	}
	if a := p.ask("/sign-out"); a.status != 303 {
		t.Errorf("signing out is answered with %d", a.status)
	}
	if _, ok := next(); ok {
		t.Error("the stream continues after its visitor has signed out")
	}
	p.client.Jar.SetCookies(u, kept)
	if a := p.get("/"); a.status != 303 {
		t.Errorf("a cookie that was kept is answered with %d after signing out", a.status)
	}
}

func TestTheCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	for _, c := range []struct {
		name   string
		secure bool
		change []func(*http.Request)
		want   string
	}{
		{"over HTTP", false, nil, "autoscalebot=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"},
		{"where it is known to be HTTPS", true, nil, "__Host-autoscalebot=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax"},
		{
			"behind Heroku's router", false,
			[]func(*http.Request){header("X-Forwarded-Proto", "https")},
			"__Host-autoscalebot=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Secure = c.secure })
			a := newPerson(t, w.url).post("/sign-in", url.Values{"password": {password}}, c.change...)
			name, rest, _ := strings.Cut(a.header.Get("Set-Cookie"), "=")
			_, attributes, _ := strings.Cut(rest, ";")
			if got := name + "=*;" + attributes; got != c.want {
				t.Errorf("the cookie is %q, want %q", got, c.want)
			}
		})
	}
}

func TestAProgramIsLetInByItsToken(t *testing.T) {
	w := newWorld(t, time.Hour)
	p := newPerson(t, w.url)
	if got := p.get("/series?last=3600", header("Authorization", "Bearer "+token)).status; got != 200 {
		t.Errorf("the right token is answered with %d", got)
	}
	for _, wrong := range []string{"Bearer ", "Bearer x", "Bearer " + token + "x", "Basic " + token, token, "Bearer " + password} {
		if a := p.get("/series?last=3600", header("Authorization", wrong)); a.status != 401 || a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q is answered with %d", wrong, a.status)
		}
	}
	form := url.Values{"direction": {"up"}, "for": {"1h"}, "confirmed": {"yes"}}
	if a := p.post("/pause", form, header("Authorization", "Bearer "+token)); a.status != 200 {
		t.Errorf("a pause by token is answered with %d: %s", a.status, a.body)
	}
	if !w.Control().Up.Active(time.Now()) {
		t.Error("a pause by token pauses nothing")
	}
}

func TestWithoutAPasswordATokenLetsPeopleIn(t *testing.T) {
	w := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Password = "" })
	p := newPerson(t, w.url)
	if a := p.post("/sign-in", url.Values{"password": {""}}); a.status != 401 {
		t.Errorf("an empty token is answered with %d", a.status)
	}
	if a := p.post("/sign-in", url.Values{"password": {token}}); a.status != 303 {
		t.Errorf("the token is answered with %d", a.status)
	}
	if a := p.get("/"); a.status != 200 {
		t.Errorf("the page is answered with %d", a.status)
	}
}

func TestWithoutAPasswordOnlyThisMachineIsAnswered(t *testing.T) {
	w := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Password, o.Token = "", "" })
	p := newPerson(t, w.url)
	for host, want := range map[string]int{
		"": 200, "localhost:8080": 200, "localhost": 200, "127.0.0.1": 200, "[::1]:80": 200, "LOCALHOST": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:80": 421, "192.168.1.7": 421, "0.0.0.0": 421, "[::]": 421,
	} {
		if a := p.get("/", func(r *http.Request) { r.Host = host }); a.status != want {
			t.Errorf("Host %q is answered with %d, want %d", host, a.status, want)
		}
	}
	p.learn()
	if a := p.ask("/pause", "direction", "up", "for", "1h", "confirmed", "yes"); a.status != 303 {
		t.Errorf("a pause is answered with %d: %s", a.status, a.body)
	}
	if a := p.ask("/pause", "csrf", "guess", "direction", "up", "for", "1h", "confirmed", "yes"); a.status != 403 {
		t.Errorf("a form of another site is answered with %d", a.status)
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:80": true, "[::1]:80": true, "127.8.9.1:1": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:80": false, "[::]:80": false, "10.0.0.1:80": false, "example.com:80": false, "127.0.0.1": false, "": false,
	} {
		if got := dashboard.Loopback(addr); got != want {
			t.Errorf("Loopback(%q) is %v", addr, got)
		}
	}
}

func TestMistakesInTheOptionsAreListed(t *testing.T) {
	_, err := dashboard.New(dashboard.Options{Access: dashboard.Access{Password: "short", Token: "short too"}})
	want := "the page needs a schedule, a history, and the bot's control and state\n" +
		"the page's password has 5 characters: must have at least 8\n" +
		"the page's token has 9 characters: must have at least 16"
	if err == nil || err.Error() != want {
		t.Errorf("New says\n%v\nwant\n%s", err, want)
	}
}
