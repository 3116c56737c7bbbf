package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestAPauseIsAskedForTwice(t *testing.T) {
	w, p := enter(t, "Ada", time.Hour)
	a := p.ask("/pause", "direction", "down", "for", "1h")
	if a.status != 200 || !strings.Contains(a.body, "Pause scale-downs for 1 h?") {
		t.Errorf("the first time is answered with %d: %s", a.status, a.body)
	}
	if !w.Control().IsZero() {
		t.Errorf("the first time has done something: %+v", w.Control())
	}
	if a = p.ask("/pause", "direction", "down", "for", "1h", "confirmed", "yes"); a.status != 303 {
		t.Errorf("the second time is answered with %d: %s", a.status, a.body)
	}
	c := w.Control()
	if c.Up.On || !c.Down.On || c.Down.By != "Ada (dashboard)" {
		t.Errorf("the bot is asked for %+v", c)
	}
	if left := time.Until(c.Down.Until); left > time.Hour || left < 59*time.Minute {
		t.Errorf("the pause lasts %v", left)
	}
	if body := p.get("/").body; !strings.Contains(body, "paused by Ada (dashboard)") {
		t.Error("the page does not say who has paused")
	}
	if a = p.ask("/resume", "direction", "both", "confirmed", "yes"); a.status != 303 || w.Control().Down.On {
		t.Errorf("resuming is answered with %d, and the bot is asked for %+v", a.status, w.Control())
	}
}

func TestANumberOfDynosIsAskedFor(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	limits := w.options.Schedule.At(time.Now())
	if a := p.ask("/override", "dynos", "2", "for", "30m"); a.status != 200 || !strings.Contains(a.body, "Keep 2 dynos for 30 min?") {
		t.Errorf("the first time is answered with %d: %s", a.status, a.body)
	}
	if a := p.ask("/override", "dynos", "2", "for", "30m", "confirmed", "yes"); a.status != 303 {
		t.Errorf("the second time is answered with %d: %s", a.status, a.body)
	}
	if o := w.Control().Override; o.Dynos != 2 || o.By != "somebody at 127.0.0.1 (dashboard)" {
		t.Errorf("the bot is asked for %+v", o)
	}
	if r := w.beat(t); r.After() != 2 {
		t.Errorf("with the next heartbeat there are %d dynos", r.After())
	}
	a := p.ask("/override", "dynos", "99", "for", "30m", "confirmed", "yes")
	if a.status != 422 || !strings.Contains(a.body, "99 is outside the limits now in force") || limits.Max >= 99 {
		t.Errorf("99 dynos are answered with %d: %s", a.status, a.body)
	}
	if a = p.ask("/end-override", "confirmed", "yes"); a.status != 303 || w.Control().Override != (decide.Override{}) {
		t.Errorf("ending it is answered with %d, and the bot is asked for %+v", a.status, w.Control())
	}
}

func TestLimitsAreAskedForTwice(t *testing.T) {
	w, p := enter(t, "Ada", time.Hour)
	most := strconv.Itoa(w.options.Schedule.At(time.Now()).Max)
	given := []string{"min", "2", "max", most, "from", "", "until", "3 days"}
	a := p.ask("/limits", given...)
	if a.status != 200 || !strings.Contains(a.body, "Set limits of 2 to "+most+" dynos until ") {
		t.Errorf("the first time is answered with %d: %s", a.status, a.body)
	}
	if a = p.ask("/limits", append(given, "confirmed", "yes")...); a.status != 303 {
		t.Errorf("the second time is answered with %d: %s", a.status, a.body)
	}
	all := w.Control().Limits
	if len(all) != 1 || all[0].Min != 2 || all[0].By != "Ada (dashboard)" {
		t.Fatalf("the bot is asked for %+v", all)
	}
	if left := time.Until(all[0].Until); left > 72*time.Hour || left < 71*time.Hour {
		t.Errorf("the limits last %v", left)
	}
	for want, fields := range map[string][]string{
		`the limits must be whole numbers of dynos; the end is missing; use a time such as "mon 8:00", or 3 days`: {"min", "x", "max", "3"},
		`until: "soon": must be a time such as`: {"min", "1", "max", "3", "until", "soon"},
		`from: "then": must be a time such as`:  {"min", "1", "max", "3", "from", "then", "until", "3 days"},
		"the minimum 3 is above the maximum 1":  {"min", "3", "max", "1", "until", "3 days", "confirmed", "yes"},
	} {
		if a := p.ask("/limits", fields...); a.status != 422 || !strings.Contains(a.body, want) {
			t.Errorf("%v are answered with %d without %q: %s", fields, a.status, want, a.body)
		}
	}
}

// A button sends a test notice through each notifier, and says which failed.
func TestTestNotices(t *testing.T) {
	notices := &tested{}
	_, p := enter(t, "Ada", time.Hour, func(o *dashboard.Options) { o.TestNotices = notices })
	if body := p.get("/").body; !strings.Contains(body, "Send test notices") {
		t.Error("the page has no button for test notices")
	}
	if a := p.ask("/test-notices"); a.status != 200 || !strings.Contains(a.body, "It goes to email, slack.") || notices.by != "" {
		t.Errorf("the first time is answered with %d: %s", a.status, a.body)
	}
	if a := p.ask("/test-notices", "confirmed", "yes"); a.status != 303 || notices.by != "Ada (dashboard)" {
		t.Errorf("the second time is answered with %d for %q: %s", a.status, notices.by, a.body)
	}
	notices.err = errors.Join(errors.New("email: refused"), errors.New("slack: no such channel"))
	if a := p.ask("/test-notices", "confirmed", "yes"); a.status != 422 || !strings.Contains(a.body, "email: refused; slack: no such channel") {
		t.Errorf("failures are answered with %d: %s", a.status, a.body)
	}
}

type tested struct {
	by  string
	err error
}

func (*tested) Names() []string { return []string{"email", "slack"} }

func (n *tested) Send(_ context.Context, by string) error {
	n.by = by
	return n.err
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	for _, c := range []struct {
		path   string
		fields []string
		want   string
	}{
		{"/pause", []string{"direction", "sideways", "for", "1h"}, `invalid direction "sideways": must be up, down or both`},
		{"/pause", []string{"direction", "up", "for", "-1h"}, `"-1h": must be a duration such as 90m, 2h, 1d12h or 2 days`},
		{"/pause", []string{"direction", "up", "for", "soon"}, `"soon": must be a duration such as 90m, 2h, 1d12h or 2 days`},
		{"/pause", []string{"direction", "up", "for", "99999h"}, "invalid duration 99999h0m0s: must be from 0 to 8784h"},
		{"/resume", []string{"direction", ""}, `invalid direction "": must be up, down or both`},
		{"/override", []string{"dynos", "many", "for", "1h"}, "the number of dynos must be a whole number"},
		{"/override", []string{"dynos", "-1", "for", "1h"}, "the number of dynos must be a whole number"},
		{"/override", []string{"dynos", "2", "for", ""}, "an override needs a duration; use 90m or 2h"},
		{"/override", []string{"dynos", "0", "for", "1h"}, "0 would switch the app off"},
	} {
		a := p.ask(c.path, append(c.fields, "confirmed", "yes")...)
		if a.status != 422 || !strings.HasPrefix(a.body, c.want) {
			t.Errorf("%s %v is answered with %d: %s", c.path, c.fields, a.status, a.body)
		}
	}
	if !w.Control().IsZero() {
		t.Errorf("the bot is asked for %+v", w.Control())
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	w, p := enter(t, "Ada", time.Hour)
	other := signedIn(t, w.url, "Mallory")
	form := func(csrf string) url.Values {
		f := url.Values{"csrf": {csrf}, "direction": {"both"}, "for": {"1h"}, "confirmed": {"yes"}}
		if csrf == "" {
			f.Del("csrf")
		}
		return f
	}
	for name, c := range map[string]struct {
		csrf   string
		change func(*http.Request)
	}{
		"no token":                     {"", nil},
		"a guess":                      {strings.Repeat("A", 43), nil},
		"somebody else's token":        {other.csrf, nil},
		"another site, says Origin":    {p.csrf, header("Origin", "https://evil.example")},
		"another site, says the fetch": {p.csrf, header("Sec-Fetch-Site", "cross-site")},
		"another host of this site":    {p.csrf, header("Sec-Fetch-Site", "same-site")},
		"a page of no origin":          {p.csrf, header("Origin", "null")},
		"a form with a wrong type":     {p.csrf, header("Content-Type", "text/plain")},
		"a token in the address": {"", func(r *http.Request) {
			r.URL.RawQuery = url.Values{"csrf": {p.csrf}}.Encode()
		}},
	} {
		change := c.change
		if change == nil {
			change = func(*http.Request) {}
		}
		if a := p.post("/pause", form(c.csrf), change); a.status != 403 {
			t.Errorf("%s is answered with %d: %s", name, a.status, a.body)
		}
	}
	if !w.Control().IsZero() {
		t.Errorf("the bot is asked for %+v", w.Control())
	}
	if a := p.get("/pause?" + form(p.csrf).Encode()); a.status != 405 || a.header.Get("Allow") != "POST" {
		t.Errorf("a pause by a link is answered with %d", a.status)
	}
	if a := p.post("/pause", form(p.csrf), header("Origin", w.url), header("Sec-Fetch-Site", "same-origin")); a.status != 303 {
		t.Errorf("the page's own form is answered with %d: %s", a.status, a.body)
	}
	if a := newPerson(t, w.url).post("/sign-in", url.Values{"password": {password}}, header("Sec-Fetch-Site", "cross-site")); a.status != 403 {
		t.Errorf("signing in from another site is answered with %d", a.status)
	}
}

func TestADryRunSaysThatItChangesNothing(t *testing.T) {
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.DryRun = true })
	if body := p.get("/").body; !strings.Contains(body, `<b>Dry run</b> <span>The bot decides, but changes nothing.</span>`) {
		t.Error("the page does not say that it is a dry run")
	}
	if a := p.ask("/override", "dynos", "2", "for", "1h"); !strings.Contains(a.body, "This is a dry run") {
		t.Errorf("the question does not say that it is a dry run: %s", a.body)
	}
}
