package cloudfoundry_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ bot.Scaler            = (*cloudfoundry.Platform)(nil)
	_ bot.WebURLer          = (*cloudfoundry.Platform)(nil)
	_ bot.QuotaReporter     = (*cloudfoundry.Platform)(nil)
	_ bot.Checker           = (*cloudfoundry.Platform)(nil)
	_ bot.Releaser          = (*cloudfoundry.Platform)(nil)
	_ bot.UpReporter        = (*cloudfoundry.Platform)(nil)
	_ bot.LeftAloneReporter = (*cloudfoundry.Platform)(nil)
)

func options(srv *cloudfoundrytest.Server) cloudfoundry.Options {
	return cloudfoundry.Options{
		URL: srv.URL, Org: cloudfoundrytest.Org, Space: cloudfoundrytest.Space, App: "my-app",
		Credentials: cloudfoundry.Credentials{Username: cloudfoundrytest.Username, Password: cloudfoundrytest.Password},
	}
}

// my-app has two web instances.
func open(t *testing.T) (*cloudfoundrytest.Server, *cloudfoundry.Platform) {
	t.Helper()
	srv := cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{Name: "my-app", Processes: []cloudfoundrytest.Process{
		{Type: "web", Instances: 2, MemoryMB: 512}, {Type: "worker", Instances: 1},
	}})
	return srv, platform(t, options(srv))
}

func platform(t *testing.T, o cloudfoundry.Options) *cloudfoundry.Platform {
	t.Helper()
	p, err := cloudfoundry.New(o)
	must(t, err)
	return p
}

func size(t *testing.T, p *cloudfoundry.Platform) (n int, settled bool) {
	t.Helper()
	n, settled, err := p.Size(t.Context())
	must(t, err)
	return n, settled
}

func wantSize(t *testing.T, p *cloudfoundry.Platform, when string, n int, settled bool) {
	t.Helper()
	if got, s := size(t, p); got != n || s != settled {
		t.Errorf("%s: Size = %d, %v, want %d, %v", when, got, s, n, settled)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	for secret, credentials := range map[string]cloudfoundry.Credentials{
		cloudfoundrytest.Password:     {Username: cloudfoundrytest.Username, Password: cloudfoundrytest.Password, Origin: "ldap"},
		cloudfoundrytest.ClientSecret: {ClientID: cloudfoundrytest.ClientID, ClientSecret: cloudfoundrytest.ClientSecret},
		cloudfoundrytest.RefreshToken: {RefreshToken: cloudfoundrytest.RefreshToken},
	} {
		t.Run(secret, func(t *testing.T) {
			scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
				srv, _ := open(t)
				o := options(srv)
				o.Credentials = credentials
				return scalertest.Fixture{
					Unit:   "instance",
					Scaler: platform(t, o),
					Count:  func() int { return srv.Instances("my-app", "web") },
					Set:    func(n int) { srv.SetInstances("my-app", "web", n) },
					Break: func() func() {
						return srv.Fail(cloudfoundrytest.Fault{Status: http.StatusForbidden, Message: "no access with " + secret})
					},
					Secrets: []string{secret},
				}
			})
		})
	}
}

func TestAResizeIsOnePostOfOneProcess(t *testing.T) {
	srv, _ := open(t)
	o := options(srv)
	o.ProcessType, o.UserAgent = "worker", "autoscalebot/1.2"
	must(t, platform(t, o).Resize(t.Context(), 3))
	var posts []cloudfoundrytest.Call
	for _, c := range srv.Calls() {
		if c.Method == http.MethodPost && c.Path != "/oauth/token" {
			posts = append(posts, c)
		}
		if ua := c.Header.Get("User-Agent"); ua != "autoscalebot/1.2" {
			t.Errorf("the user agent of %s is %q", c.Path, ua)
		}
	}
	if len(posts) != 1 || !strings.HasSuffix(posts[0].Path, "/actions/scale") || strings.TrimSpace(posts[0].Body) != `{"instances":3}` {
		t.Errorf("posted %+v", posts)
	}
	if w, n := srv.Instances("my-app", "web"), srv.Instances("my-app", "worker"); w != 2 || n != 3 {
		t.Errorf("%d web and %d worker instances, want 2 and 3", w, n)
	}
}

func TestANegativeNumberIsRefusedWithoutACall(t *testing.T) {
	srv, p := open(t)
	if err := p.Resize(t.Context(), -1); err == nil || err.Error() != "scale web of my-app to -1: must be 0 or more instances" {
		t.Errorf("error = %v", err)
	}
	if n := len(srv.Calls()); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}

// The installation allows a user some thousand calls an hour.
func TestAHeartbeatCostsTwoCalls(t *testing.T) {
	srv, p := open(t)
	size(t, p)
	before := len(srv.Calls())
	size(t, p)
	if n := len(srv.Calls()) - before; n != 2 {
		t.Errorf("%d calls, want 2: %+v", n, srv.Calls()[before:])
	}
}

func TestNotSettledWhileInstancesStart(t *testing.T) {
	srv, p := open(t)
	release := srv.HoldStarts()
	must(t, p.Resize(t.Context(), 4))
	wantSize(t, p, "while two start", 4, false)
	if up, err := p.Up(t.Context()); err != nil || up != 2 {
		t.Errorf("Up = %d, %v, want 2", up, err)
	}
	srv.SetStates("my-app", "web", "RUNNING", "RUNNING", "CRASHED", "DOWN") // tried, and failed
	wantSize(t, p, "where one crashed and one found no place", 4, true)
	release()
}

func TestSettledWhenNoChangeIsYoung(t *testing.T) {
	srv, p := open(t)
	srv.SetStates("my-app", "web", "STARTING", "STARTING")
	wantSize(t, p, "an hour after the last change", 2, true)
}

func TestADeploymentIsWaitedFor(t *testing.T) {
	srv, p := open(t)
	size(t, p)
	began := time.Now().Add(-time.Minute).Truncate(time.Second)
	finish := srv.Deploy("my-app", began)
	wantSize(t, p, "during a deployment", 2, false)
	wantSize(t, platform(t, options(srv)), "of a bot that begins during a deployment", 2, false)
	err := p.Resize(t.Context(), 4)
	if e := cloudFoundryError(t, err); !e.Deploying() || !strings.Contains(err.Error(), "a deployment is in progress; the bot tries again at the next heartbeat") {
		t.Errorf("Resize during a deployment: %v", err)
	}
	if at, done, err := p.Release(t.Context()); !at.Equal(began) || done || err != nil {
		t.Errorf("Release = %v, %v, %v, want %v, false", at, done, err, began)
	}
	finish()
	if at, done, err := p.Release(t.Context()); !at.Equal(began) || !done || err != nil {
		t.Errorf("Release = %v, %v, %v, want %v, true", at, done, err, began)
	}
	wantSize(t, p, "after the deployment", 2, true)
	pushed := began.Add(30 * time.Second)
	srv.Push("my-app", pushed)
	if at, done, err := p.Release(t.Context()); !at.Equal(pushed) || !done || err != nil {
		t.Errorf("Release after a push without a deployment = %v, %v, %v, want %v, true", at, done, err, pushed)
	}
}

func TestLeftAlone(t *testing.T) {
	srv, p := open(t)
	want := func(why string) {
		t.Helper()
		wantSize(t, p, "left alone: "+why, 2, true)
		if got := p.LeftAlone(); got != why {
			t.Errorf("LeftAlone = %q, want %q", got, why)
		}
	}
	want("")
	srv.Stop("my-app")
	want("the app is stopped")
	srv.Start("my-app")
	want("")
	for _, value := range []string{"true", "", "false"} { // the App Autoscaler looks at no value either
		srv.SetLabel("my-app", cloudfoundry.DisableLabel, value)
		want("the app has the label app-autoscaler.cloudfoundry.org/disable-autoscaling")
	}
	srv.RemoveLabel("my-app", cloudfoundry.DisableLabel)
	want("")
}

func TestTheWebURLIsThatOfTheFirstRouteFromOutside(t *testing.T) {
	for _, c := range []struct {
		name   string
		routes []cloudfoundrytest.Route
		want   string
	}{
		{"one", []cloudfoundrytest.Route{{URL: "my-app.example.com"}}, "https://my-app.example.com/"},
		{"with a path", []cloudfoundrytest.Route{{URL: "example.com/shop"}}, "https://example.com/shop"},
		{"behind unreachable ones", []cloudfoundrytest.Route{{URL: "tcp.example.com:1024", TCP: true}, {URL: "my-app.apps.internal", Internal: true}, {URL: "my-app.example.com"}}, "https://my-app.example.com/"},
		{"on this machine", []cloudfoundrytest.Route{{URL: "127.0.0.1:8080"}}, "http://127.0.0.1:8080/"},
		{"none", []cloudfoundrytest.Route{}, ""},
		{"none from outside", []cloudfoundrytest.Route{{URL: "my-app.apps.internal", Internal: true}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := cloudfoundrytest.NewServer(t)
			srv.AddApp(cloudfoundrytest.App{Name: "my-app", Routes: c.routes})
			u, err := platform(t, options(srv)).WebURL(t.Context())
			if u != c.want || (err == nil) != (c.want != "") {
				t.Errorf("WebURL = %q, %v, want %q", u, err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), "use an absolute heartbeat URL") {
				t.Errorf("the error doesn't help: %v", err)
			}
		})
	}
}

func TestTheQuotaIsTheLastOneSeen(t *testing.T) {
	srv, p := open(t)
	size(t, p)
	if n, ok := p.Quota(); ok || n != 0 {
		t.Errorf("where there is no limit Quota = %d, %v, want 0, false", n, ok)
	}
	srv.SetRemaining(41)
	size(t, p)
	if n, ok := p.Quota(); n != 39 || !ok {
		t.Errorf("Quota = %d, %v, want 39, true", n, ok)
	}
}

// An app that was deleted and pushed again has another GUID.
func TestAnAppPushedAnewIsFoundAgain(t *testing.T) {
	srv, p := open(t)
	size(t, p)
	srv.DeleteApp("my-app")
	if _, _, err := p.Size(t.Context()); err == nil || !strings.Contains(err.Error(), `there is no app "my-app" in the space production of the org acme`) {
		t.Errorf("Size of a deleted app: %v", err)
	}
	srv.AddApp(cloudfoundrytest.App{Name: "my-app", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: 5}}})
	if n, _ := size(t, p); n != 5 {
		t.Errorf("Size = %d, want 5", n)
	}
	if err := p.Resize(t.Context(), 4); err != nil {
		t.Error(err)
	}
}

func TestNamesAndGUIDs(t *testing.T) {
	srv, _ := open(t)
	srv.AddSpace("test")
	srv.AddApp(cloudfoundrytest.App{Name: "my-app", Space: "test", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: 7}}})
	for name, c := range map[string]struct {
		change func(*cloudfoundry.Options)
		want   int
	}{
		"names":          {func(*cloudfoundry.Options) {}, 2},
		"another space":  {func(o *cloudfoundry.Options) { o.Space = "test" }, 7},
		"a space's GUID": {func(o *cloudfoundry.Options) { o.Org, o.Space = "", srv.SpaceGUID("test") }, 7},
		"an app's GUID":  {func(o *cloudfoundry.Options) { o.Org, o.Space, o.App = "", "", srv.AppGUID("my-app") }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(srv)
			c.change(&o)
			if n, _ := size(t, platform(t, o)); n != c.want {
				t.Errorf("Size = %d, want %d", n, c.want)
			}
		})
	}
}

// The official Go client judges the fake, and would link a web framework of its tests into the bot.
func TestTheOfficialClientIsNoPartOfTheBot(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	for _, not := range []string{"go-cfclient", "martini", "cloudfoundrytest"} {
		if strings.Contains(string(out), not) {
			t.Errorf("package cloudfoundry depends on %s", not)
		}
	}
}
