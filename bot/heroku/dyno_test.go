package heroku_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func wantUp(t *testing.T, p *heroku.Platform, n int) {
	t.Helper()
	if got, err := p.Up(t.Context()); got != n || err != nil {
		t.Errorf("Up = %d, %v, want %d, nil", got, err, n)
	}
}

func TestUpCountsTheDynosOfItsProcessTypeThatRun(t *testing.T) {
	for state, n := range map[string]int{"up": 3, "idle": 3, "starting": 2, "restarting": 2, "crashed": 2, "down": 2, "dancing": 2} {
		srv, p := open(t)
		srv.SetQuantity("my-app", "web", 3)
		srv.SetState("my-app", "web", 2, state)
		t.Run(state, func(t *testing.T) { wantUp(t, p, n) })
	}
}

func TestDynosComeUpAfterTheyWereAskedFor(t *testing.T) {
	srv, p := open(t)
	srv.HoldBoots()
	for _, c := range []struct{ ask, before, after int }{{5, 2, 5}, {1, 1, 1}, {3, 1, 3}, {0, 0, 0}} {
		must(t, p.Resize(t.Context(), c.ask))
		wantUp(t, p, c.before)
		srv.Boot("my-app", "web")
		wantUp(t, p, c.after)
	}
	if n := srv.Quantity("my-app", "worker"); n != 1 {
		t.Errorf("%d workers, want 1", n)
	}
}

func TestADeployTakesAllDynosDownUntilTheyHaveBooted(t *testing.T) {
	srv, p := open(t)
	srv.HoldBoots()
	srv.AddRelease("my-app", herokutest.Release{Status: "pending"})
	wantUp(t, p, 2)
	srv.FinishRelease("my-app", "succeeded")
	wantUp(t, p, 0)
	srv.Boot("my-app", "web")
	wantUp(t, p, 2)
	srv.AddRelease("my-app", herokutest.Release{Status: "failed"})
	wantUp(t, p, 2)
}

func TestAnAnswerAboutDynosThatMakesNoSenseIsAnError(t *testing.T) {
	for _, c := range []nonsense{
		{"<html>", "it is not JSON"},
		{"null", "it has no list of dynos"},
		{`{"type":"web","state":"up"}`, "cannot unmarshal object"},
		{"[null]", "it has a dyno without a type or a state"},
		{`[{"type":"web","state":"up"},{"type":"web"}]`, "it has a dyno without a type or a state"},
		{`[{"type":"web","state":"up"},{"state":"up"}]`, "it has a dyno without a type or a state"},
		{`[{"type":"web","state":1}]`, "cannot unmarshal number"},
	} {
		refuses(t, c, "read the dynos of my-app: ", func(p *heroku.Platform) error {
			n, err := p.Up(t.Context())
			if n != 0 {
				t.Errorf("with an error Up = %d", n)
			}
			return err
		})
	}
}

func TestUpCountsAThousandDynosAndNoPartOfMore(t *testing.T) {
	srv, p := open(t)
	srv.SetQuantity("my-app", "web", 999)
	wantUp(t, p, 999) // with the worker, which doesn't count
	srv.SetQuantity("my-app", "web", 1000)
	if n, err := p.Up(t.Context()); n != 0 || err == nil || !strings.Contains(err.Error(), "206 Partial Content: invalid answer: it ends after 1000 dynos, but there are more") {
		t.Errorf("Up of more than a page = %d, %v", n, err)
	}
}
