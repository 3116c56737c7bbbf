package heroku_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestTheNewestReleaseIsDoneUnlessItIsPending(t *testing.T) {
	first, second := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), time.Date(2026, 3, 4, 5, 9, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		releases []herokutest.Release
		at       time.Time
		done     bool
	}{
		{"no release yet", []herokutest.Release{}, time.Time{}, true},
		{"one that succeeded", []herokutest.Release{{At: first}}, first, true},
		{"one that is pending", []herokutest.Release{{At: first}, {At: second, Status: "pending"}}, second, false},
		{"one that failed", []herokutest.Release{{At: first}, {At: second, Status: "failed"}}, second, true},
		{"one that succeeded after one that failed", []herokutest.Release{{At: first, Status: "failed"}, {At: second}}, second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := herokutest.NewServer(t)
			srv.AddApp(herokutest.App{Name: "my-app", Releases: c.releases})
			p := platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL})
			if at, done, err := p.Release(t.Context()); !at.Equal(c.at) || done != c.done || err != nil {
				t.Errorf("Release = %v, %v, %v, want %v, %v, nil", at, done, err, c.at, c.done)
			}
			calls := srv.Calls()
			if len(calls) != 1 || calls[0].Path != "/apps/my-app/releases" || calls[0].Header.Get("Range") != "version ..; max=1,order=desc" {
				t.Errorf("calls %+v, want one for the newest release alone", calls)
			}
		})
	}
}

func TestAReleaseThatEndsIsSeenAtTheNextCall(t *testing.T) {
	srv, p := open(t)
	for _, c := range []struct {
		change func()
		done   bool
	}{
		{func() {}, true},
		{func() { srv.AddRelease("my-app", herokutest.Release{Status: "pending"}) }, false},
		{func() { srv.FinishRelease("my-app", "succeeded") }, true},
		{func() { srv.AddRelease("my-app", herokutest.Release{Status: "pending"}) }, false},
		{func() { srv.FinishRelease("my-app", "failed") }, true},
	} {
		c.change()
		if at, done, err := p.Release(t.Context()); done != c.done || time.Since(at) > time.Minute || err != nil {
			t.Errorf("Release = %v, %v, %v, want now, %v, nil", at, done, err, c.done)
		}
	}
}

type nonsense struct{ body, want string }

func TestAnAnswerAboutReleasesThatMakesNoSenseIsAnError(t *testing.T) {
	const one = `{"status":"succeeded","created_at":"2026-03-04T05:06:07Z"}`
	for _, c := range []nonsense{
		{"<html>", "it is not JSON"},
		{"null", "it has no list of releases"},
		{one, "cannot unmarshal object"},
		{"[" + one + "," + one + "]", "it has 2 releases instead of only the newest"},
		{"[null]", "it has no status or no time"},
		{`[{"status":"succeeded"}]`, "it has no status or no time"},
		{`[{"created_at":"2026-03-04T05:06:07Z"}]`, "it has no status or no time"},
		{`[{"status":"succeeded","created_at":"yesterday"}]`, "parsing time"},
	} {
		refuses(t, c, "read the newest release of my-app: ", func(p *heroku.Platform) error {
			at, done, err := p.Release(t.Context())
			if !at.IsZero() || done {
				t.Errorf("with an error Release = %v, %v", at, done)
			}
			return err
		})
	}
}

// A release in a state that the API may come to have must not hold the bot up for ever.
func TestAReleaseInAnUnknownStateIsDone(t *testing.T) {
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Body: `[{"status":"expired","created_at":"2026-03-04T05:06:07Z"}]`})
	if at, done, err := p.Release(t.Context()); at.IsZero() || !done || err != nil {
		t.Errorf("Release = %v, %v, %v, want it done", at, done, err)
	}
}

func refuses(t *testing.T, c nonsense, op string, call func(*heroku.Platform) error) {
	t.Helper()
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Body: c.body})
	err := call(p)
	var e *heroku.Error
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), op) || !strings.Contains(err.Error(), c.want) || e.Tries != 1 {
		t.Errorf("answer %s: error = %v, want %q and %q", c.body, err, op, c.want)
	}
}

var reads = []struct {
	op, path string
	call     func(*testing.T, *heroku.Platform) error
}{
	{"read the newest release of my-app", "/apps/my-app/releases", func(t *testing.T, p *heroku.Platform) error {
		_, _, err := p.Release(t.Context())
		return err
	}},
	{"read the dynos of my-app", "/apps/my-app/dynos", func(t *testing.T, p *heroku.Platform) error {
		_, err := p.Up(t.Context())
		return err
	}},
}

func TestReleaseAndUpTellWhatWentWrongWithAHintAndWithoutTheKey(t *testing.T) {
	for _, r := range reads {
		for _, c := range []struct {
			fault herokutest.Fault
			want  string
		}{
			{herokutest.Fault{Status: 401}, ": Heroku answered 401 Unauthorized, unauthorized: Invalid credentials"},
			{herokutest.Fault{Status: 403, Message: "no " + herokutest.Key}, "the API key has no access to this"},
			{herokutest.Fault{Body: `["` + herokutest.Key + `"]`}, "invalid answer"},
			{herokutest.Fault{Status: 404, Message: "Couldn't find that app."}, "there is no app of that name. Run `heroku apps` to list your apps"},
		} {
			srv, p := open(t)
			c.fault.Path = r.path
			srv.Fail(c.fault)
			err := r.call(t, p)
			if err == nil || !strings.HasPrefix(err.Error(), r.op) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), herokutest.Key) {
				t.Errorf("error = %v, want %q and %q without the key", err, r.op, c.want)
			}
			if n := len(srv.Calls()); n != 1 {
				t.Errorf("%s: %d calls, want 1", r.op, n)
			}
		}
	}
}

func TestReleaseAndUpAreTriedThreeTimes(t *testing.T) {
	for _, r := range reads {
		synctest.Test(t, func(t *testing.T) {
			s, p := scripted(t, heroku.Options{}, step{status: http.StatusServiceUnavailable}, step{}, step{status: 200, body: "[]"})
			if err := r.call(t, p); err != nil || len(s.at) != 3 {
				t.Errorf("%s: %v after %d tries, want an answer at the third", r.op, err, len(s.at))
			}
		})
	}
}
