package dashboard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
)

// Both pages are on one server, the worker's below a path.
func both(t *testing.T) (web, worker *world) {
	t.Helper()
	sessions := dashboard.NewSessions()
	types := []dashboard.Link{{Name: "web", URL: "/"}, {Name: "worker", URL: "/worker/"}}
	web = unserved(t, time.Hour, func(o *dashboard.Options) { o.Sessions, o.Others = sessions, types })
	worker = unserved(t, time.Hour, func(o *dashboard.Options) {
		o.Sessions, o.Others, o.ProcessType, o.Base = sessions, types[:1], "worker", "/worker"
	})
	mux := http.NewServeMux()
	mux.Handle("/", web.page)
	mux.Handle("/worker/", worker.page)
	web.url = serve(t, mux)
	worker.url = web.url + "/worker"
	return web, worker
}

var address = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

func TestBelowAPathEverythingIsBelowIt(t *testing.T) {
	_, worker := both(t)
	p := newPerson(t, worker.url)
	if a := p.get("/"); a.status != 303 || a.header.Get("Location") != "/worker/sign-in" {
		t.Errorf("somebody who has not signed in is answered with %d, and sent to %q", a.status, a.header.Get("Location"))
	}
	pages := p.get("/sign-in").body
	if a := p.post("/sign-in", url.Values{"password": {password}}); a.status != 303 || a.header.Get("Location") != "/worker/" {
		t.Errorf("signing in is answered with %d, and leads to %q", a.status, a.header.Get("Location"))
	}
	p.learn()
	pages += p.get("/?changed=yes&before="+url.QueryEscape(time.Now().Format(time.RFC3339))).body + p.get("/decisions").body
	pages += p.ask("/pause", "direction", "up", "for", "1h").body
	for _, found := range address.FindAllStringSubmatch(pages, -1) {
		at := strings.ReplaceAll(found[1], "&amp;", "&")
		if !strings.HasPrefix(at, "/worker/") && !strings.HasPrefix(at, "#") && at != "/" && !strings.HasPrefix(at, "https://example.com/docs/") {
			t.Errorf("the page leads to %s", at)
		}
		if strings.HasPrefix(at, "/worker/assets/") {
			if a := p.get(strings.TrimPrefix(at, "/worker")); a.status != 200 {
				t.Errorf("%s is answered with %d", at, a.status)
			}
		}
	}
	if a := p.ask("/pause", "direction", "up", "for", "1h", "confirmed", "yes"); a.status != 303 || a.header.Get("Location") != "/worker/#now" {
		t.Errorf("a pause is answered with %d, and leads to %q", a.status, a.header.Get("Location"))
	}
	if !worker.Control().Up.Active(time.Now()) {
		t.Error("a pause below the path pauses nothing")
	}
	if a := p.ask("/sign-out"); a.header.Get("Location") != "/worker/" {
		t.Errorf("signing out leads to %q", a.header.Get("Location"))
	}
}

func TestBelowAPathNothingElseIsAnswered(t *testing.T) {
	w := unserved(t, time.Hour, func(o *dashboard.Options) { o.Base = "/worker" })
	p := newPerson(t, serve(t, w.page))
	p.client.Jar = nil
	for _, path := range []string{"/", "/sign-in", "/workers/", "/worker", "/workersign-in", "/worker/worker/", "/assets/", "/worker/worker/assets/"} {
		if a := p.get(path); a.status != 404 {
			t.Errorf("%s is answered with %d", path, a.status)
		}
	}
}

func TestWhoHasSignedInToOnePageHasToAll(t *testing.T) {
	web, worker := both(t)
	p := signedIn(t, web.url, "Ada")
	other := &person{t: t, url: worker.url, client: p.client}
	other.learn()
	if a := other.ask("/pause", "direction", "down", "for", "1h", "confirmed", "yes"); a.status != 303 {
		t.Errorf("a pause on the other page is answered with %d: %s", a.status, a.body)
	}
	if c := worker.Control(); !c.Down.On || c.Down.By != "Ada (dashboard)" || web.Control().Down.On {
		t.Errorf("it pauses %+v there, and %+v on the first", c, web.Control())
	}
	status, next := other.stream(t.Context())
	if _, ok := next(); status != 200 || !ok {
		t.Fatalf("the other page's stream is answered with %d", status)
	}
	p.ask("/sign-out")
	if _, ok := next(); ok {
		t.Error("the other page's stream continues after its visitor has signed out of the first")
	}
	if a := other.get("/"); a.status != 303 {
		t.Errorf("the other page is answered with %d after signing out of the first", a.status)
	}
}

func TestWrongPasswordsOfAllPagesCountTogether(t *testing.T) {
	web, worker := both(t)
	for i := range 11 {
		p := newPerson(t, []string{web.url, worker.url}[i%2])
		if got, want := p.post("/sign-in", url.Values{"password": {"not the password"}}).status, map[bool]int{true: 429, false: 401}[i == 10]; got != want {
			t.Errorf("wrong password %d is answered with %d, want %d", i+1, got, want)
		}
	}
}

var types = regexp.MustCompile(`(?s)<nav class="types.*?</nav>`)

func TestTheHeaderLeadsToTheOtherProcessTypes(t *testing.T) {
	web, _ := both(t)
	p := signedIn(t, web.url, "")
	for at, want := range map[string]string{
		"/":        `<a href="/" aria-current="page">web</a><a href="/worker/">worker</a>`,
		"/worker/": `<a href="/worker/" aria-current="page">worker</a><a href="/">web</a>`, // its list has only the other
	} {
		if got := types.FindString(p.get(at).body); !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(got, "> <", "><")), " "), want) {
			t.Errorf("%s has %s, want %s", at, got, want)
		}
	}
	alone := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Others = []dashboard.Link{{Name: "web", URL: "/"}} })
	p = signedIn(t, alone.url, "")
	if got := types.FindString(p.get("/").body); got != "" {
		t.Errorf("a page alone has %s", got)
	}
}

func TestABaseIsAPlainPath(t *testing.T) {
	w := unserved(t, time.Hour)
	for base, ok := range map[string]bool{
		"": true, "/worker": true, "/a/b": true, "/my-worker_2.x": true,
		"/": false, "worker": false, "/worker/": false, "//worker": false, "/a/../b": false, "/a b": false, "/{type}": false, "/wörker": false, "/a?b": false, "/a#b": false,
	} {
		o := w.options
		o.Base = base
		if _, err := dashboard.New(o); (err == nil) != ok {
			t.Errorf("Base %q: %v", base, err)
		}
	}
}

func TestInABrowserThePageBelowAPathIsLive(t *testing.T) {
	t.Parallel()
	web, worker := both(t)
	ctx := browser(t, web)
	run(t, ctx, signIn(worker.url+"/"), drawn(), chromedp.Evaluate(`window.before = charts.points()`, nil))
	worker.beat(t)
	run(t, ctx, until(`charts.points() === before + 1`),
		click(`#step-in form[action="/worker/pause"] button`), visible(`#ask button.main`), click(`#ask button.main`),
		until(`document.getElementById("pill").textContent === "scaling down paused"`),
		click(`#filter input[name=changed]`), until(`location.pathname + location.search === "/worker/?changed=yes"`))
	if c := worker.Control(); !c.Down.On || c.Down.By != "Ada (dashboard)" {
		t.Errorf("the bot is asked for %+v", c)
	}
	run(t, ctx, resize(360, 800))
	if _, err := chromedp.RunResponse(ctx, click(`.types a:not([aria-current])`)); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, until(`location.pathname === "/" && document.querySelector(".types [aria-current]")?.textContent === "web"`),
		visible(`#link[data-state=on]`), drawn())
}
