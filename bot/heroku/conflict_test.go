package heroku_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func conflicts(t *testing.T, srv *herokutest.Server, processType string, most int) (got []string, err error) {
	t.Helper()
	p := platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL, ProcessType: processType})
	sure, likely, err := p.Conflicts(t.Context(), most)
	for _, s := range sure {
		got = append(got, "sure: "+s)
	}
	for _, s := range likely {
		got = append(got, "likely: "+s)
	}
	return got, err
}

func autoscalable(t *testing.T) *herokutest.Server {
	t.Helper()
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 1, Size: "Performance-M"}}})
	return srv
}

// Calls of the metrics API fail: conflicts makes one last.
func failMetrics(t *testing.T, srv *herokutest.Server, f herokutest.Fault) {
	t.Helper()
	if _, err := conflicts(t, srv, "web", 3); err != nil {
		t.Fatal(err)
	}
	calls := srv.Calls()
	f.Path = calls[len(calls)-1].Path
	srv.Fail(f)
}

func TestConflictsTellWhatIsInTheWay(t *testing.T) {
	const (
		toType  = "likely: MAX_DYNOS goes up to %d, but Heroku allows 10 %s dynos per process type, unless it raised the limit for this app. Lower MAX_DYNOS, or ask for more"
		toApp   = "likely: MAX_DYNOS goes up to %d and the app's other process types have %d dynos, but Heroku allows %d in all, unless it raised the limit for this app. Lower MAX_DYNOS"
		robot   = "sure: Heroku's own autoscaling is on, from 2 to 8 dynos: the two would undo each other's changes, until the bot's first change switches Heroku's off. To switch it off now, run `heroku ps:autoscale:disable --app my-app`"
		oneOnly = "sure: MAX_DYNOS goes up to %d, but there can be only one %s dyno per process type. Change the size with `heroku ps:type web=standard-1x --app my-app`"
	)
	on, off := &herokutest.Autoscaling{On: true, Min: 2, Max: 8}, &herokutest.Autoscaling{Min: 2, Max: 8}
	for _, c := range []struct {
		name        string
		size        string
		now, worker int // dynos
		auto        *herokutest.Autoscaling
		processType string
		most        int
		want        []string
	}{
		{name: "Standard", size: "Standard-1X", now: 2, worker: 1, most: 99},
		{name: "Standard, with others more than an app may have", size: "Standard-2X", now: 2, worker: 1, most: 100, want: []string{fmt.Sprintf(toApp, 100, 1, 100)}},
		{name: "an app that has more already", size: "Standard-2X", now: 100, worker: 1, most: 200},
		{name: "Eco", size: "Eco", now: 1, most: 3, want: []string{fmt.Sprintf(oneOnly, 3, "Eco")}},
		{name: "Basic, none of it", size: "Basic", most: 2, want: []string{fmt.Sprintf(oneOnly, 2, "Basic")}},
		{name: "Basic, with one as the maximum", size: "Basic", now: 1, most: 1},
		{name: "Performance", size: "Performance-M", now: 2, most: 10},
		{name: "Performance beyond its ceiling", size: "Performance-L-RAM", now: 10, most: 11, want: []string{fmt.Sprintf(toType, 11, "Performance-L-RAM")}},
		{name: "Performance whose ceiling was raised", size: "Performance-M", now: 11, most: 40},
		{name: "Private beyond its ceiling", size: "Private-S", now: 2, most: 12, want: []string{fmt.Sprintf(toType, 12, "Private-S")}},
		{name: "Shield beyond its ceiling", size: "Shield-M", now: 2, most: 12, want: []string{fmt.Sprintf(toType, 12, "Shield-M")}},
		{name: "Fir", size: "dyno-1c-0.5gb", now: 2, worker: 5, most: 250},
		{name: "Fir beyond its ceiling", size: "dyno-1c-0.5gb", now: 2, worker: 5, most: 251, want: []string{fmt.Sprintf(toApp, 251, 5, 255)}},
		{name: "Heroku's autoscaling on", size: "Performance-M", now: 2, auto: on, most: 3, want: []string{robot}},
		{name: "two things at once", size: "Performance-M", now: 2, auto: on, most: 20, want: []string{robot, fmt.Sprintf(toType, 20, "Performance-M")}},
		{name: "Heroku's autoscaling off", size: "Performance-M", now: 2, auto: off, most: 3},
		{name: "Heroku's autoscaling of another process type", size: "Performance-M", now: 2, worker: 1, auto: on, processType: "worker", most: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := herokutest.NewServer(t)
			srv.AddApp(herokutest.App{Name: "my-app", Autoscaling: c.auto, Formation: []herokutest.Process{
				{Type: "web", Quantity: c.now, Size: c.size}, {Type: "worker", Quantity: c.worker, Size: c.size},
			}})
			got, err := conflicts(t, srv, c.processType, c.most)
			if err != nil || !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("conflicts\n%s\nwant\n%s\nerror %v", strings.Join(got, "\n"), strings.Join(c.want, "\n"), err)
			}
			for _, call := range srv.Calls() {
				if call.Method != "GET" {
					t.Errorf("it changed something: %s %s", call.Method, call.Path)
				}
			}
		})
	}
}

// The metrics API is not documented, so it is asked only where Heroku's autoscaling could be, and nothing else depends on it.
func TestOnlyAnAppThatCouldBeAutoscaledIsAskedForIt(t *testing.T) {
	for size, asked := range map[string]bool{"Standard-2X": false, "dyno-2c-1gb": false, "Performance-M": true, "Private-S": true} {
		srv := herokutest.NewServer(t)
		srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 1, Size: size}}})
		if _, err := conflicts(t, srv, "web", 3); err != nil {
			t.Error(err)
		}
		last := srv.Calls()[len(srv.Calls())-1]
		if got := strings.HasSuffix(last.Path, "/monitors"); got != asked {
			t.Errorf("with %s the last call is %s, want one of the metrics API: %v", size, last.Path, asked)
		}
	}
}

// There are also monitors that only alert, and there may be old ones.
func TestOnlyAnActiveMonitorThatScalesIsHerokusAutoscaling(t *testing.T) {
	const (
		alert = `{"action_type":"alert","is_active":true,"min_quantity":null,"max_quantity":null}`
		scale = `{"action_type":"scale","is_active":true,"min_quantity":2,"max_quantity":8,"state":"normal"}`
		old   = `{"action_type":"scale","is_active":false,"min_quantity":1,"max_quantity":9}`
	)
	for body, want := range map[string]int{
		"[" + alert + "]": 0, "[" + old + "]": 0, "[" + alert + "," + scale + "," + old + "]": 1, "[" + old + "," + scale + "]": 1,
	} {
		srv := autoscalable(t)
		failMetrics(t, srv, herokutest.Fault{Body: body})
		got, err := conflicts(t, srv, "web", 3)
		if err != nil || len(got) != want || want > 0 && !strings.Contains(got[0], "from 2 to 8 dynos") {
			t.Errorf("with %s the conflicts are %v, %v, want %d", body, got, err, want)
		}
	}
}

// The metrics API is at a host of its own; where another stands in for the Platform API, the key goes there only.
func TestTheMetricsAPIIsHerokusOnlyWhereThePlatformAPIIs(t *testing.T) {
	for url, want := range map[string][]string{
		"":                           {"api.heroku.com", "api.metrics.heroku.com"},
		"https://api.heroku.com/":    {"api.heroku.com", "api.metrics.heroku.com"},
		"https://heroku.example.com": {"heroku.example.com"},
	} {
		srv := herokutest.NewServer(t)
		srv.AddApp(herokutest.App{Name: "my-app", Autoscaling: &herokutest.Autoscaling{On: true}, Formation: []herokutest.Process{{Type: "web", Quantity: 1, Size: "Performance-M"}}})
		var hosts []string
		p, err := heroku.NewOver(heroku.Options{App: "my-app", Key: srv.Key, URL: url}, roundTrip(func(req *http.Request) (*http.Response, error) {
			if !slices.Contains(hosts, req.URL.Host) {
				hosts = append(hosts, req.URL.Host)
			}
			req.URL.Scheme, req.URL.Host = "http", strings.TrimPrefix(srv.URL, "http://")
			return http.DefaultTransport.RoundTrip(req)
		}))
		must(t, err)
		sure, _, err := p.Conflicts(t.Context(), 3)
		if err != nil || len(sure) != 1 || !slices.Equal(hosts, want) {
			t.Errorf("with the URL %q the hosts are %v, want %v; the conflicts are %v, %v", url, hosts, want, sure, err)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestWhatIsNotKnownOfHerokusAutoscalingIsAnErrorBesideTheRest(t *testing.T) {
	const hint = "Heroku does not document this API. Run `heroku ps:autoscale:disable --app my-app` to switch autoscaling off"
	for name, c := range map[string]struct {
		fault herokutest.Fault
		want  string
	}{
		"it has gone":            {herokutest.Fault{Status: http.StatusNotFound}, "404 Not Found"},
		"the key may not ask":    {herokutest.Fault{Status: http.StatusUnauthorized}, "401 Unauthorized"},
		"a list of nothing":      {herokutest.Fault{Body: "null"}, "it has no list of monitors"},
		"another form":           {herokutest.Fault{Body: `{"monitors":[]}`}, "cannot unmarshal object"},
		"another form of a part": {herokutest.Fault{Body: `[{"action_type":"scale","is_active":"yes"}]`}, "cannot unmarshal string"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := autoscalable(t)
			failMetrics(t, srv, c.fault)
			got, err := conflicts(t, srv, "web", 20)
			if len(got) != 1 || !strings.HasPrefix(got[0], "likely: MAX_DYNOS goes up to 20") {
				t.Errorf("conflicts %v, want the ceiling", got)
			}
			if err == nil || !strings.HasPrefix(err.Error(), "read whether Heroku's own autoscaling is on: ") ||
				!strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), hint) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestAFormationThatMakesNoSenseHasNoConflicts(t *testing.T) {
	for _, c := range []nonsense{
		{"[]", "it has no process type web"},
		{"null", "it has no process type web"},
		{`[{"quantity":3}]`, "it has no type or no quantity"},
		{`[{"type":"web"}]`, "it has no type or no quantity"},
		{`[{"type":"web","quantity":-1}]`, "it has a quantity of -1"},
		{`{"type":"web","quantity":1}`, "cannot unmarshal object"},
	} {
		refuses(t, c, "read the formation of my-app: ", func(p *heroku.Platform) error {
			sure, likely, err := p.Conflicts(t.Context(), 99)
			if len(sure)+len(likely) > 0 {
				t.Errorf("with an error the conflicts are %v, %v", sure, likely)
			}
			return err
		})
	}
}

// An app without an id can't be asked for at the metrics API, nor may an id lead to another path there.
func TestAnAppWithoutAnIDIsNotAskedForItsAutoscaling(t *testing.T) {
	for _, id := range []string{"", "../../account"} {
		srv := autoscalable(t)
		srv.Fail(herokutest.Fault{Path: "/apps/my-app", Body: fmt.Sprintf(`{"name":"my-app","id":%q}`, id)})
		if _, err := conflicts(t, srv, "web", 3); err == nil || !strings.Contains(err.Error(), "the app has no id") {
			t.Errorf("error = %v", err)
		}
		wantRequests(t, srv, 2)
	}
}

func TestTheMetricsAPIsRateLimitIsNotTheQuota(t *testing.T) {
	srv := autoscalable(t)
	failMetrics(t, srv, herokutest.Fault{Body: "[]", Header: http.Header{"RateLimit-Remaining": {"7"}}})
	p := platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL})
	if _, _, err := p.Conflicts(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if n, ok := p.Quota(); n != 4496 || !ok {
		t.Errorf("Quota = %d, %v, want 4496, true: four calls of the Platform API", n, ok)
	}
}
