package herokutest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

type dyno struct {
	ID, Name, State string
	Release         struct{ Version int }
}

func dynos(t *testing.T, srv *herokutest.Server, header ...string) (list []dyno, next string) {
	t.Helper()
	got := call(t.Context(), srv, "GET", "/apps/my-app/dynos", "", header...)
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	next = got.header.Get("Next-Range")
	if partial := got.status == http.StatusPartialContent; partial != (next != "") {
		t.Errorf("status %d with Next-Range %q", got.status, next)
	}
	return list, next
}

// as in "web.1 up, web.2 starting"
func states(t *testing.T, srv *herokutest.Server) string {
	t.Helper()
	var out []string
	list, _ := dynos(t, srv)
	for _, d := range list {
		out = append(out, d.Name+" "+d.State)
	}
	return strings.Join(out, ", ")
}

func TestDynosBootWhenTheTestSaysSo(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	patch := func(body string) func() {
		return func() { call(t.Context(), srv, "PATCH", "/apps/my-app/formation/web", body) }
	}
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"to begin with", func() {}, "web.1 up, web.2 up, mail.1 up"},
		{"an up without HoldBoots", patch(`{"quantity":3}`), "web.1 up, web.2 up, web.3 up, mail.1 up"},
		{"HoldBoots", srv.HoldBoots, "web.1 up, web.2 up, web.3 up, mail.1 up"},
		{"an up", patch(`{"quantity":4}`), "web.1 up, web.2 up, web.3 up, web.4 starting, mail.1 up"},
		{"the same again", patch(`{"quantity":4}`), "web.1 up, web.2 up, web.3 up, web.4 starting, mail.1 up"},
		{"another type's boot", func() { srv.Boot("my-app", "mail") }, "web.1 up, web.2 up, web.3 up, web.4 starting, mail.1 up"},
		{"a boot", func() { srv.Boot("my-app", "web") }, "web.1 up, web.2 up, web.3 up, web.4 up, mail.1 up"},
		{"a down", patch(`{"quantity":1}`), "web.1 up, mail.1 up"},
		{"a hand", func() { srv.SetQuantity("my-app", "web", 2) }, "web.1 up, web.2 starting, mail.1 up"},
		{"a crash", func() { srv.SetState("my-app", "web", 1, "crashed") }, "web.1 crashed, web.2 starting, mail.1 up"},
		{"a boot of what doesn't crash", func() { srv.Boot("my-app", "web") }, "web.1 crashed, web.2 up, mail.1 up"},
		{"another size", patch(`{"size":"standard-2x"}`), "web.1 starting, web.2 starting, mail.1 up"},
		{"none", patch(`{"quantity":0}`), "mail.1 up"},
	} {
		c.do()
		if got := states(t, srv); got != c.want {
			t.Errorf("after %s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, f := range map[string]func(){
		"a boot of no app":      func() { srv.Boot("other", "web") },
		"a boot of no process":  func() { srv.Boot("my-app", "clock") },
		"a state of no dyno":    func() { srv.SetState("my-app", "mail", 2, "up") },
		"a state of the dyno 0": func() { srv.SetState("my-app", "mail", 0, "up") },
		"a release of no app":   func() { srv.AddRelease("other", herokutest.Release{}) },
		"the end of no app's":   func() { srv.FinishRelease("other", "failed") },
		"the end of no release yet": func() {
			srv.AddApp(herokutest.App{Name: "fresh", Releases: []herokutest.Release{}})
			srv.FinishRelease("fresh", "failed")
		},
	} {
		if !panics(f) {
			t.Errorf("%s does not panic", name)
		}
	}
}

func TestADynoThatBeginsAnewHasANewID(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(office())
	before, _ := dynos(t, srv)
	srv.SetQuantity("my-app", "web", 1)
	srv.SetQuantity("my-app", "web", 2)
	after, _ := dynos(t, srv)
	for i, same := range []bool{true, false, true} {
		if (before[i].ID == after[i].ID) != same || before[i].Name != after[i].Name {
			t.Errorf("%s was %s and is %s, want the same: %v", before[i].Name, before[i].ID, after[i].ID, same)
		}
	}
}

func TestDynosComeInPages(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 201}}})
	first, next := dynos(t, srv)
	rest, end := dynos(t, srv, "Range", next)
	if len(first) != 200 || len(rest) != 1 || rest[0].Name != "web.201" || end != "" {
		t.Errorf("pages of %d and %d, then %q", len(first), len(rest), end)
	}
	if all, next := dynos(t, srv, "Range", "id ..; max=1000"); len(all) != 201 || next != "" {
		t.Errorf("%d dynos and %q, want all", len(all), next)
	}
}

func TestDynosRestartAndStop(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 1}}})
	srv.HoldBoots()
	for _, c := range []struct {
		call, starting string
		status         int
	}{
		{"DELETE /apps/my-app/dynos/web.2", "web.2", 202},
		{"POST /apps/my-app/dynos/worker.1/actions/stop", "worker.1", 202},
		{"DELETE /apps/my-app/formations/web", "web.1 web.2", 202},
		{"DELETE /apps/my-app/dynos/web", "web.1 web.2", 202}, // as heroku ps:restart web has it
		{"POST /apps/my-app/formations/worker/actions/stop", "worker.1", 202},
		{"DELETE /apps/my-app/dynos", "web.1 web.2 worker.1", 202},
		{"DELETE /apps/my-app/dynos/web.3", "", 404},
		{"DELETE /apps/my-app/formations/clock", "", 404},
		{"DELETE /apps/no-app/dynos", "", 404},
		{"POST /apps/my-app/dynos/web.1/actions/dance", "", 404},
		{"DELETE /apps/my-app/formations", "", 404},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		if got := call(t.Context(), srv, method, path, ""); got.status != c.status {
			t.Errorf("%s answers %d, %s, want %d", c.call, got.status, got.body, c.status)
		}
		var starting []string
		list, _ := dynos(t, srv)
		for _, d := range list {
			if d.State == "starting" {
				starting = append(starting, d.Name)
			}
		}
		if strings.Join(starting, " ") != c.starting {
			t.Errorf("after %s these start: %v, want %s", c.call, starting, c.starting)
		}
		srv.Boot("my-app", "web")
		srv.Boot("my-app", "worker")
	}
	if web := srv.Quantity("my-app", "web"); web != 2 {
		t.Errorf("there are %d web dynos", web)
	}
}
