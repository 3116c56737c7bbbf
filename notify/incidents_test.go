package notify_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

func TestIncidentIsToldAtItsBeginAtRemindersAndAtItsEnd(t *testing.T) {
	type step struct {
		minute int
		on     bool
		want   notify.Phase
	}
	for name, c := range map[string]struct {
		reminder time.Duration
		steps    []step
	}{
		"with reminders": {time.Hour, []step{
			{0, false, ""},
			{1, true, notify.Opened},
			{2, true, ""},
			{60, true, ""},
			{61, true, notify.Reminded},
			{62, true, ""},
			{120, true, ""},
			{121, true, notify.Reminded},
			{122, false, notify.Resolved},
			{123, false, ""},
			{124, true, notify.Opened},
			{125, true, ""},
		}},
		"a late reminder starts the hour afresh": {time.Hour, []step{
			{0, true, notify.Opened}, {90, true, notify.Reminded}, {120, true, ""}, {150, true, notify.Reminded},
		}},
		"without reminders": {0, []step{{0, true, notify.Opened}, {9999, true, ""}, {10000, false, notify.Resolved}}},
		"never more often than every 5 minutes": {time.Second, []step{
			{0, true, notify.Opened}, {1, true, ""}, {4, true, ""}, {5, true, notify.Reminded}, {9, true, ""}, {10, true, notify.Reminded},
		}},
		"a negative reminder":    {-1, []step{{0, true, notify.Opened}, {1, true, ""}}},
		"the clock goes back":    {time.Hour, []step{{100, true, notify.Opened}, {0, true, ""}, {159, true, ""}, {160, true, notify.Reminded}}},
		"only a moment of peace": {time.Hour, []step{{0, true, notify.Opened}, {1, false, notify.Resolved}, {2, true, notify.Opened}}},
	} {
		t.Run(name, func(t *testing.T) {
			var in notify.Incidents
			var began time.Time
			for _, s := range c.steps {
				now := noon().Add(time.Duration(s.minute) * time.Minute)
				p, since := in.Update(notify.NeedsExceedMax, s.on, now, c.reminder)
				if p == notify.Opened {
					began = now
				}
				if p != s.want || !since.Equal(began) {
					t.Errorf("minute %d: Update = %q, %v, want %q, %v", s.minute, p, since, s.want, began)
				}
				if !s.on {
					began = time.Time{}
				}
			}
		})
	}
}

func TestIncidentsOfSeveralKindsDoNotTouchEachOther(t *testing.T) {
	var in notify.Incidents
	in.Update(notify.NeedsExceedMax, true, noon(), 0)
	if p, _ := in.Update(notify.LeftAlone, true, noon(), 0); p != notify.Opened {
		t.Errorf("the second kind is reported as %q", p)
	}
	if p, _ := in.Update(notify.NeedsExceedMax, false, noon(), 0); p != notify.Resolved {
		t.Errorf("the first kind ends as %q", p)
	}
	if _, ok := in[notify.LeftAlone]; !ok || len(in) != 1 {
		t.Errorf("what is left is %v", in)
	}
	in.Update(notify.LeftAlone, false, noon(), 0)
	if in != nil {
		t.Errorf("with nothing going on, Incidents = %v, want nil", in)
	}
}

func TestACopyOfIncidentsStaysAsItIs(t *testing.T) {
	var in notify.Incidents
	in.Update(notify.LeftAlone, true, noon(), 0)
	in.Update(notify.NeedsBelowMin, true, noon(), 0)
	was := in
	in.Update(notify.NeedsBelowMin, true, noon().Add(time.Hour), time.Minute)
	in.Update(notify.NeedsExceedMax, true, noon(), 0)
	in.Update(notify.LeftAlone, false, noon(), 0)
	again := was
	again.Update(notify.LeftAlone, false, noon(), 0)
	if len(was) != 2 || !was[notify.NeedsBelowMin].Notified.Equal(noon()) {
		t.Errorf("the copy became %v", was)
	}
}

func TestIncidentsGoOnAfterJSON(t *testing.T) {
	var in, again notify.Incidents
	in.Update(notify.LeftAlone, true, noon(), 0)
	in.Update(notify.LeftAlone, true, noon().Add(time.Hour), time.Hour)
	b, err := json.Marshal(in)
	const want = `{"left_alone":{"since":"2026-03-01T12:00:00Z","notified":"2026-03-01T13:00:00Z"}}`
	if err != nil || string(b) != want {
		t.Fatalf("JSON = %s, %v, want %s", b, err, want)
	}
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if p, _ := again.Update(notify.LeftAlone, true, noon().Add(119*time.Minute), time.Hour); p != "" {
		t.Errorf("too early a reminder: %q", p)
	}
	if p, since := again.Update(notify.LeftAlone, false, noon().Add(2*time.Hour), 0); p != notify.Resolved || !since.Equal(noon()) {
		t.Errorf("Update after a restart = %q, %v", p, since)
	}
	if err := json.Unmarshal([]byte("null"), &again); err != nil || again != nil {
		t.Errorf("null gives %v, %v", again, err)
	}
}

func TestAnIncidentKeepsItsIDAcrossARestart(t *testing.T) {
	id := func(since time.Time) string {
		return notify.IncidentID("dancing-forest", "web", notify.LeftAlone, since)
	}
	now := noon().Add(123456789 * time.Nanosecond).In(time.FixedZone("", 3600))
	var in, again notify.Incidents
	_, since := in.Update(notify.LeftAlone, true, now, time.Hour)
	opened := id(since)
	if ok, _ := regexp.MatchString("^[A-Z2-7]{26}$", opened); !ok {
		t.Errorf("the id is %q", opened)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	_, since = again.Update(notify.LeftAlone, true, now.Add(time.Hour), time.Hour)
	reminded := id(since)
	_, since = again.Update(notify.LeftAlone, false, now.Add(2*time.Hour), time.Hour)
	if resolved := id(since); reminded != opened || resolved != opened {
		t.Errorf("the ids are %s, %s, %s", opened, reminded, resolved)
	}
	_, since = again.Update(notify.LeftAlone, true, now.Add(3*time.Hour), time.Hour)
	if next := id(since); next == opened {
		t.Errorf("the next incident has the same id %s", next)
	}
}

func TestIncidentIDsDiffer(t *testing.T) {
	at := noon()
	ids := map[string]bool{}
	for _, id := range []string{
		notify.IncidentID("a", "web", notify.LeftAlone, at), notify.IncidentID("b", "web", notify.LeftAlone, at),
		notify.IncidentID("a", "worker", notify.LeftAlone, at), notify.IncidentID("a", "web", notify.NeedsExceedMax, at),
		notify.IncidentID("a", "web", notify.LeftAlone, at.Add(1)), notify.IncidentID("a w", "eb", notify.LeftAlone, at),
		notify.IncidentID("a", "web", notify.LeftAlone, time.Time{}), notify.IncidentID("a\" \"w", "eb", notify.LeftAlone, at),
	} {
		ids[id] = true
	}
	if len(ids) != 8 {
		t.Errorf("8 incidents have %d ids", len(ids))
	}
}

func TestUpdateWithNothingToTellAllocatesNothing(t *testing.T) {
	var none, some notify.Incidents
	some.Update(notify.LeftAlone, true, noon(), 0)
	if n := testing.AllocsPerRun(100, func() {
		none.Update(notify.LeftAlone, false, noon(), time.Hour)
		some.Update(notify.LeftAlone, true, noon(), time.Hour)
		some.Update(notify.NeedsExceedMax, false, noon(), time.Hour)
	}); n != 0 {
		t.Errorf("Update allocated %v times", n)
	}
}
