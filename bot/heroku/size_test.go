package heroku_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestTheDynoSizeIsReadAndChanged(t *testing.T) {
	srv, p := open(t)
	srv.HoldBoots()
	if name, err := p.DynoSize(t.Context()); name != "Standard-1X" || err != nil {
		t.Errorf("DynoSize = %q, %v", name, err)
	}
	must(t, p.SetDynoSize(t.Context(), "Standard-2x"))
	if name, err := p.DynoSize(t.Context()); name != "Standard-2X" || err != nil {
		t.Errorf("DynoSize = %q, %v", name, err)
	}
	if dollars, err := p.Price(t.Context()); dollars != 50 || err != nil {
		t.Errorf("Price = %g, %v, want 50", dollars, err)
	}
	if n := srv.Quantity("my-app", "web"); n != 2 {
		t.Errorf("%d dynos, want 2 as before", n)
	}
	wantUp(t, p, 0) // all restart
	if call := srv.Calls()[1]; call.Method != "PATCH" || call.Path != "/apps/my-app/formation/web" || call.Body != `{"size":"standard-2x"}` {
		t.Errorf("the change is %s %s %s", call.Method, call.Path, call.Body)
	}
}

func TestTheDynoSizeComesWithTheNumberOfDynos(t *testing.T) {
	srv, p := open(t)
	if _, _, err := p.Size(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 2} { // once, and then afresh
		if name, err := p.DynoSize(t.Context()); name != "Standard-1X" || err != nil {
			t.Errorf("DynoSize = %q, %v", name, err)
		}
		if n := len(srv.Calls()); n != want {
			t.Errorf("%d requests after %d DynoSize, want %d", n, i+1, want)
		}
		srv.SetSize("my-app", "web", "Standard-1X")
	}
}

func TestADynoSizeThatHerokuRefuses(t *testing.T) {
	for _, c := range []struct {
		name, size string
		fault      herokutest.Fault
		want       string
		deploying  bool
	}{
		{"no size", "", herokutest.Fault{}, `change the dynos of web of my-app: "" is not a dyno size`, false},
		{"no name", "a/b", herokutest.Fault{}, `"a/b" is not a dyno size`, false},
		{"an unknown one", "standard-9x", herokutest.Fault{}, "change the dynos of web of my-app to standard-9x: Heroku answered 422 Unprocessable Entity, invalid_params: No such size as standard-9x", false},
		{"one of another tier", "eco", herokutest.Fault{}, "Cannot use the following dyno types in the same app: Eco and Basic (request ", false},
		{"and what to do", "eco", herokutest.Fault{}, "Remove the sizes from DYNO_SIZES that `heroku ps:type --app my-app` does not accept", false},
		{"one that allows one dyno", "basic", herokutest.Fault{}, "Cannot update to more than 1 Basic size dynos", false},
		{"a deploy", "standard-2x", herokutest.Fault{Status: 422, Message: herokutest.PrebootMessage}, "a deploy with preboot is in progress", true},
		{"another answer", "standard-2x", herokutest.Fault{Body: `{"type":"web","quantity":2,"size":"Standard-1X"}`}, `invalid answer: it has the size "Standard-1X"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, p := open(t)
			if c.fault.Status != 0 || c.fault.Body != "" {
				srv.Fail(c.fault)
			}
			err := p.SetDynoSize(t.Context(), c.size)
			var e *heroku.Error
			if err == nil || !strings.Contains(err.Error(), c.want) || c.deploying != (errors.As(err, &e) && e.Deploying()) {
				t.Errorf("error = %v, want %q", err, c.want)
			}
			if size := srv.Size("my-app", "web"); size != "Standard-1X" {
				t.Errorf("the size is %s", size)
			}
		})
	}
}

func TestAnAnswerWithoutASize(t *testing.T) {
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Body: `{"type":"web","quantity":2}`})
	if name, err := p.DynoSize(t.Context()); name != "" || err == nil || !strings.HasPrefix(err.Error(), "read the formation of web of my-app: invalid answer: it has no size") {
		t.Errorf("DynoSize = %q, %v", name, err)
	}
}

func TestASizeAndANumberOfOneMomentAreOneRequest(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		seen := 0
		atOnce(
			func() { resizes(t, c.worker, 0, "") },
			func() {
				if err := c.web.SetDynoSize(t.Context(), "standard-2x"); err != nil {
					t.Error(err)
				}
			},
		)
		if got := c.calls(&seen); strings.Count(got, "\n") != 0 || !strings.Contains(got, `{"type":"web","size":"standard-2x"}`) || !strings.Contains(got, `{"type":"worker","quantity":0}`) {
			t.Errorf("the requests are %s", got)
		}
		c.srv.Fail(herokutest.Fault{Status: http.StatusServiceUnavailable, Times: 1})
		if name, err := c.web.DynoSize(t.Context()); name != "Standard-2X" || err != nil {
			t.Errorf("DynoSize = %q, %v", name, err)
		}
	})
}
