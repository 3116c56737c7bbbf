package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Open pages see other options at once, and stay open. Incidents stay too.
func TestAPageWithOtherOptionsKeepsItsViewers(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	_, next := p.stream(t.Context())
	next()
	e := notify.Event{
		Kind: notify.HeartbeatUnreachable, Phase: notify.Opened, Time: time.Now(), Since: time.Now(), ProcessType: "web",
		Reason: "connection refused",
	}
	if err := w.page.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	next()
	o := w.options
	o.Base, o.Password, o.DryRun = "/elsewhere", "another password", true
	table, err := schedule.New(schedule.Series{}, schedule.Series{}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	o.Schedule = table
	o.Settings = []dashboard.Setting{{Group: "Essentials", Name: "MAX_DYNOS", Value: "17", Source: "autoscale.yaml:3"}}
	page, err := w.page.With(o)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := next(); !strings.Contains(s.Now, "connection refused") || !strings.Contains(strings.ToLower(s.Now), "dry run") {
		t.Errorf("an open page shows %s", s.Now)
	}
	r := w.Tick(t.Context(), time.Now())
	if err := page.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s, ok := next()
		if !ok {
			t.Fatal("the stream has ended")
		}
		if s.Row != "" && strings.Contains(s.Row, r.Headline()) {
			return
		}
	}
	t.Error("an open page gets no heartbeat of the new one")
}

func TestWrongOptionsAreRefused(t *testing.T) {
	w, _ := enter(t, "", time.Hour)
	o := w.options
	o.Schedule = nil
	if _, err := w.page.With(o); err == nil {
		t.Error("a page without a schedule")
	}
}
