package history_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func records(t testing.TB, db *history.DB, q history.Query) []record.Record {
	t.Helper()
	out, err := db.Records(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		want := beats(noon, 30*time.Second, 250)
		keepAll(t, db, want...)
		got := records(t, db, history.Query{Limit: 1000})
		if len(got) != len(want) {
			t.Fatalf("%d records came back of %d", len(got), len(want))
		}
		for i := range want {
			if !same(t, got[i], want[i]) {
				t.Errorf("record %d came back as\n%s\nand was\n%s", i, asJSON(t, got[i]), asJSON(t, want[i]))
			}
		}
		if got := records(t, db, history.Query{}); len(got) != 100 || !same(t, got, want[150:]) {
			t.Errorf("the zero query gave %d records, want the newest 100", len(got))
		}
	})
}

// A record comes back unchanged, with its nanoseconds and with texts that are hard for a database.
func TestARecordOfEverythingComesBack(t *testing.T) {
	quota := 0
	full := record.Record{
		Time: noon.Add(123456789), App: "forest", ProcessType: "web", MinRow: "mon-fri 09:00-18:00", MaxRow: "dec 24",
		Readings: []probe.Reading{{Signal: "heartbeat", Unit: "ms", Value: 1e-3, Outcome: probe.ServerError, Status: 503, Error: "\x00 ' \" \\ \xff ✓ <b>", Redirects: 3}},
		Limits:   schedule.Limits{Min: 0, Max: 1 << 30}, Dynos: 7, Settled: true, Action: record.Failed, Error: "'; drop table x; --", Quota: &quota,
		Decision: decide.Decision{
			From: 7, To: 8, Rule: decide.RuleSlow,
			HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.Slow, Run: 3, Needed: 3, Of: 5}, Desired: 9, BootSeconds: 12.5,
			Clamps:       []decide.Clamp{{By: decide.ClampCooldown, From: 9, To: 8, SecondsLeft: 1.25}},
			Bill:         &decide.Bill{Spend: decide.Spend{Month: noon, Dollars: math.Pi}, Budget: 50},
			FoundChanges: decide.FoundChanges{ManualChange: &decide.ManualChange{From: 6, To: 7}},
		},
		Control:    decide.Control{Up: decide.Pause{On: true, Until: noon.Add(time.Hour)}, Override: decide.Override{Dynos: 3, Until: noon}},
		DurationMS: math.MaxFloat64,
	}
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		want := full
		keepAll(t, db, want, record.Record{Time: noon, App: "forest", ProcessType: "web", Action: record.Interrupted, Dynos: -1})
		got := records(t, db, history.Query{})
		if len(got) != 2 {
			t.Fatalf("%d records came back of 2", len(got))
		}
		want.Readings = slices.Clone(want.Readings)
		want.Readings[0].Error = "\x00 ' \" \\ \ufffd ✓ <b>" // JSON replaces invalid UTF-8
		if !reflect.DeepEqual(got[1], want) {
			t.Errorf("came back as\n%+v\nand was\n%+v", got[1], want)
		}
		if got[1].Why() != want.Why() {
			t.Errorf("its why came back as %q, and was %q", got[1].Why(), want.Why())
		}
		if p := points(t, db, noon, noon.Add(time.Minute), 1).Points; len(p) != 1 || p[0].Heartbeats != 1 {
			t.Errorf("the points are %+v, want one of 1 heartbeat, since the other was interrupted", p)
		}
	})
}

func TestRecordsAreFiltered(t *testing.T) {
	racetest.Long(t)
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon, 30*time.Second, 600)
		keepAll(t, db, all...)
		from, to := all[100].Time, all[500].Time
		for name, c := range map[string]struct {
			query history.Query
			want  func(record.Record) bool
		}{
			"changed": {history.Query{Changed: true}, func(r record.Record) bool { return r.Action == record.Scaled }},
			"verdict": {history.Query{Verdict: decide.Slow}, func(r record.Record) bool { return r.Decision.Verdict == decide.Slow }},
			"rule":    {history.Query{Rule: decide.RuleFast}, func(r record.Record) bool { return r.Decision.Rule == decide.RuleFast }},
			"time": {history.Query{From: from, To: to}, func(r record.Record) bool {
				return !r.Time.Before(from) && r.Time.Before(to)
			}},
			"all of them": {history.Query{From: from, To: to, Changed: true, Verdict: decide.Slow, Rule: decide.RuleSlow}, func(r record.Record) bool {
				return !r.Time.Before(from) && r.Time.Before(to) && r.Action == record.Scaled && r.Decision.Rule == decide.RuleSlow
			}},
		} {
			var want []record.Record
			for _, r := range all {
				if c.want(r) {
					want = append(want, r)
				}
			}
			c.query.Limit = 1000
			if got := records(t, db, c.query); len(want) == 0 || !same(t, got, want) {
				t.Errorf("%s: %d records came back, want %d", name, len(got), len(want))
			}
			c.query.Limit = 2
			if got := records(t, db, c.query); len(want) < 2 || !same(t, got, want[len(want)-2:]) {
				t.Errorf("%s: with a limit of 2 %d records came back, want the newest 2 of %d", name, len(got), len(want))
			}
		}
	})
}

func TestARecordIsKeptOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon, 30*time.Second, 20)
		keepAll(t, db, all...)
		before := points(t, db, noon, noon.Add(time.Hour), 10)
		keepAll(t, db, append(slices.Clone(all[5:15]), all[19], all[19])...)
		if got := records(t, db, history.Query{}); !same(t, got, all) {
			t.Errorf("%d records came back of 20", len(got))
		}
		if after := points(t, db, noon, noon.Add(time.Hour), 10); !reflect.DeepEqual(after, before) {
			t.Errorf("the points became\n%+v\nand were\n%+v", after, before)
		}
	})
}

func TestBotsThatShareAPlaceSeeTheirOwn(t *testing.T) {
	l := sqliteLab(t)
	web := l.open(t)
	worker := l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
	mine := beats(noon, time.Minute, 10)
	theirs := beats(noon, time.Minute, 4)
	for i := range theirs {
		theirs[i].ProcessType = "worker"
	}
	keepAll(t, web, mine...)
	keepAll(t, worker, theirs...)
	if got := records(t, web, history.Query{}); !same(t, got, mine) {
		t.Errorf("web sees %d records, want its own 10", len(got))
	}
	if got := records(t, worker, history.Query{}); !same(t, got, theirs) {
		t.Errorf("worker sees %d records, want its own 4", len(got))
	}
	if got := points(t, worker, noon, noon.Add(time.Hour), 1).Points; len(got) != 1 || got[0].Heartbeats != 4 {
		t.Errorf("worker's points are %+v, want one of 4 heartbeats", got)
	}
}

func TestEventsComeBackOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		var want []notify.Event
		for i := range 5 {
			e := notify.Event{
				ID: string(rune('a' + i)), Kind: notify.NeedsExceedMax, Phase: notify.Opened, Time: noon.Add(time.Duration(i) * time.Minute), App: "forest",
				ProcessType: "web", From: 2, To: 2, Min: 1, Max: 2, Reason: "3 heartbeats in a row", ResponseTimeMS: 1234.5, Since: noon,
				Incident: notify.IncidentID("forest", "web", notify.NeedsExceedMax, noon),
			}
			want = append(want, e)
			for range 2 { // an event may come twice
				if err := db.Notify(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := db.Notify(t.Context(), notify.Event{ID: "p", Kind: notify.Ping, Time: noon, App: "forest", ProcessType: "web"}); err != nil {
			t.Fatal(err)
		}
		if err := db.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := db.Events(t.Context(), time.Time{}, time.Time{}, 0)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("events came back as %+v, %v", got, err)
		}
		got, err = db.Events(t.Context(), noon.Add(time.Minute), noon.Add(4*time.Minute), 2)
		if err != nil || !reflect.DeepEqual(got, want[2:4]) {
			t.Errorf("with bounds and a limit events came back as %+v, %v", got, err)
		}
	})
}

func TestTheMemoryIsThereAfterARestart(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		if m, ok, err := db.Memory(t.Context()); ok || err != nil || !reflect.DeepEqual(m, bot.Memory{}) {
			t.Errorf("a new history remembers %+v, %v, %v", m, ok, err)
		}
		want := bot.Memory{}
		for i := range 3 {
			want = bot.Memory{
				State: decide.State{
					Begun: noon, RunState: decide.RunState{Slow: 1<<63 | 5}, CooldownState: decide.CooldownState{LastUp: noon.Add(time.Nanosecond)}, Known: true, Dynos: i,
					BootState: decide.BootState{Boots: []float64{1.5, 2}},
					Control:   decide.Control{Up: decide.Pause{On: true}, Override: decide.Override{Dynos: 3, Until: noon.Add(time.Hour)}}, Spend: decide.Spend{Month: noon, Dollars: 1.1},
				},
				Notified: notice.Notified{
					Incidents: notify.Incidents{notify.LeftAlone: {Since: noon, Notified: noon}}, Calm: map[notify.Kind]int{notify.LeftAlone: 2},
					Sizes: []notice.Sized{{}},
				},
			}
			remember(t, db, want)
		}
		if l.stays {
			shut(t, db)
			db = l.open(t)
		}
		if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("remembered %+v, %v, %v\nwant %+v", m, ok, err, want)
		}
	})
}

func TestWhatIsClosedSaysSo(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon, time.Second, 3)
		for _, r := range all { // Close writes them
			push(t, db, r)
		}
		shut(t, db)
		shut(t, db)
		if err := db.Record(t.Context(), all[0]); err != history.ErrClosed {
			t.Errorf("Record: %v", err)
		}
		if err := db.Notify(t.Context(), notify.Event{}); err != history.ErrClosed {
			t.Errorf("Notify: %v", err)
		}
		if err := db.Remember(bot.Memory{}); err != history.ErrClosed {
			t.Errorf("Remember: %v", err)
		}
		if err := db.Flush(t.Context()); err != history.ErrClosed {
			t.Errorf("Flush: %v", err)
		}
		if _, err := db.Records(t.Context(), history.Query{}); err == nil {
			t.Error("Records of a closed history gave no error")
		}
		if l.stays {
			if got := records(t, l.open(t), history.Query{}); !same(t, got, all) {
				t.Errorf("%d records were written by closing, want 3", len(got))
			}
		}
	})
}
