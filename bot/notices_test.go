package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type step struct {
	set   func(*world)
	beats []probe.Reading
	want  []string
}

func TestNotices(t *testing.T) {
	broken := errors.New("update formation: 503")
	for _, c := range []struct {
		name   string
		dynos  int
		change func(*bot.Options)
		steps  []step
	}{
		{"needs more than the maximum: begins, reminds, ends", 3, nil, []step{
			{beats: times(3, slow), want: []string{"needs_exceed_max opened"}},
			{beats: times(119, slow)},
			{beats: times(1, slow), want: []string{"needs_exceed_max reminded"}},
			{beats: append(times(2, right), slow, right, right)}, // one slow answer among ok ones neither ends nor opens it
			{beats: times(1, right), want: []string{"needs_exceed_max resolved"}},
			{beats: times(5, right)},
		}},
		{"one right answer does not end it", 3, nil, []step{
			{beats: times(3, slow), want: []string{"needs_exceed_max opened"}},
			{beats: append(times(1, right), times(3, slow)...)},
		}},
		{"blind is neither an end nor a beginning", 3, nil, []step{
			{beats: times(3, slow), want: []string{"needs_exceed_max opened"}},
			{beats: times(2, noData)},
			{beats: times(1, noData), want: []string{"heartbeat_unreachable opened"}},
			{beats: times(119, noData), want: []string{"no_decisions opened"}},
			{beats: times(1, noData), want: []string{"heartbeat_unreachable reminded"}},
			{beats: times(1, slow), want: []string{"no_decisions resolved", "heartbeat_recovered resolved", "needs_exceed_max reminded"}},
		}},
		{"without reminders", 3, func(o *bot.Options) { o.Notices.Reminder = 0 }, []step{
			{beats: times(3, slow), want: []string{"needs_exceed_max opened"}},
			{beats: times(300, slow)},
		}},
		{"no notice of the maximum", 3, func(o *bot.Options) { o.Notices.ExceedMax = false }, []step{{beats: times(9, slow)}}},
		{"below the minimum", 2, func(o *bot.Options) { o.Schedule = &always{Min: 2, Max: 3} }, []step{
			{beats: times(5, fast), want: []string{"needs_below_min opened"}},
			{beats: times(9, fast)},
		}},
		{"one dyno is never too many", 1, nil, []step{{beats: times(9, fast)}}},
		{"changes that fail are one incident", 1, nil, []step{
			{set: func(w *world) { w.platform.resizeErr = broken }, beats: times(23, slow), want: []string{"scale_failed opened"}},
			{beats: append(times(5, right), times(3, slow)...)},
			{set: func(w *world) { w.platform.resizeErr = nil }, beats: times(1, slow), want: []string{"scaled", "scale_failed resolved"}},
		}},
		{"changes that fail no more since none is wanted", 1, nil, []step{
			{set: func(w *world) { w.platform.resizeErr = broken }, beats: times(3, slow), want: []string{"scale_failed opened"}},
			{beats: times(29, right)},
			{beats: times(1, right), want: []string{"scale_failed resolved"}},
		}},
		{"changes that fail for long are told again, and that nothing is decided", 1, nil, []step{
			{set: func(w *world) { w.platform.resizeErr = broken }, beats: times(31, slow), want: []string{"scale_failed opened"}},
			{beats: times(1, slow), want: []string{"no_decisions opened"}},
			{beats: times(91, slow), want: []string{"scale_failed reminded"}},
		}},
		{"no decisions, whatever other notices are off", 1, func(o *bot.Options) { o.Notices = notice.Notices{} }, []step{
			{beats: times(1, right)},
			{set: func(w *world) { w.platform.sizeErr = broken }, beats: times(29, right)},
			{beats: times(1, right), want: []string{"no_decisions opened"}},
			{set: func(w *world) { w.platform.sizeErr = nil }, beats: times(1, right), want: []string{"no_decisions resolved"}},
			{set: func(w *world) { w.platform.resizeErr = broken }, beats: times(31, slow)},
			{beats: times(1, slow), want: []string{"no_decisions opened"}},
			{set: func(w *world) { w.platform.resizeErr = nil }, beats: times(1, slow), want: []string{"no_decisions resolved"}},
			{beats: times(30, noData), want: []string{"heartbeat_unreachable opened", "no_decisions opened"}},
			{beats: times(1, right), want: []string{"no_decisions resolved", "heartbeat_recovered resolved"}},
		}},
		{"a short silence now and then is no lack of decisions", 1, nil, []step{
			{beats: times(29, failed(probe.Unreachable, "x")), want: []string{"heartbeat_unreachable opened"}},
			{beats: times(1, right), want: []string{"heartbeat_recovered resolved"}},
			{beats: times(29, failed(probe.Unreachable, "x")), want: []string{"heartbeat_unreachable opened"}},
		}},
		{"a platform that does not tell its count", 1, nil, []step{
			{set: func(w *world) { w.platform.sizeErr = broken }, beats: times(20, right), want: []string{"scale_failed opened"}},
			{set: func(w *world) { w.platform.sizeErr = nil }, beats: times(2, right), want: []string{"scale_failed resolved"}},
		}},
		{"quiet about failures and changes", 1, func(o *bot.Options) { o.Notices = notice.Notices{} }, []step{
			{set: func(w *world) { w.platform.resizeErr = broken }, beats: times(3, slow)},
			{set: func(w *world) { w.platform.resizeErr = nil }, beats: times(1, slow)},
			{set: func(w *world) { w.platform.sizeErr = broken }, beats: times(3, slow)},
		}},
		{"left alone, once", 0, nil, []step{
			{beats: times(9, slow), want: []string{"left_alone opened"}},
			{set: func(w *world) { w.platform.n = 1 }, beats: times(1, right), want: []string{"left_alone resolved"}},
		}},
		{"every ping", 2, func(o *bot.Options) { o.Notices = notice.Notices{EveryPing: true} }, []step{
			{beats: times(2, right), want: []string{"ping", "ping"}},
		}},
		{"a change of more than 2 within 4 minutes", 1, func(o *bot.Options) {
			o.Notices = notice.Notices{ScaleDiff: 2, ScaleDiffPeriod: 4 * time.Minute}
			o.Schedule = &always{Min: 1, Max: 9}
		}, []step{
			{beats: times(6, slow)}, // 1 → 3
			{beats: times(3, slow), want: []string{"scale_diff_exceeded"}}, // 1 → 4
			{beats: times(3, slow)},
			{beats: times(20, right)},
			{set: func(w *world) { w.platform.n = 1 }, beats: times(1, right), want: []string{"manual_change", "scale_diff_exceeded"}}, // 5 → 1
		}},
		{"the same change, slowly", 1, func(o *bot.Options) {
			o.Notices = notice.Notices{ScaleDiff: 2, ScaleDiffPeriod: time.Minute}
			o.Schedule = &always{Min: 1, Max: 9}
		}, []step{{beats: times(20, slow)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(c.dynos, c.change)
			for i, s := range c.steps {
				if s.set != nil {
					s.set(w)
				}
				w.beat(s.beats...)
				if got := w.inbox.take(); !slices.Equal(got, s.want) {
					t.Errorf("step %d told %v, want %v", i+1, got, s.want)
				}
			}
		})
	}
}

func TestEventSaysWhatHappened(t *testing.T) {
	w := newWorld(2)
	w.beat(times(3, slow)...)
	e := w.inbox.events[0]
	if e.ID == "" {
		t.Error("an event has no id")
	}
	e.ID = ""
	want := notify.Event{
		Kind: notify.Scaled, Time: noon.Add(time.Minute), App: "dancing-forest", ProcessType: "web", From: 2, To: 3, Min: 1, Max: 3,
		Reason: "3 heartbeats in a row slower than 1000 ms (the last took 1500 ms)", ResponseTimeMS: 1500,
	}
	if e != want {
		t.Errorf("told\n%+v, want\n%+v", e, want)
	}
}

func TestScaleDiffSaysFromAndTo(t *testing.T) {
	w := newWorld(7, func(o *bot.Options) {
		o.Notices = notice.Notices{ScaleDiff: 3, ScaleDiffPeriod: 30 * time.Minute}
		o.Schedule = &always{Min: 1, Max: 9}
	})
	w.beat(right)
	*w.limits = always(schedule.Limits{Min: 1, Max: 9})
	w.platform.n = 2
	w.beat(right)
	e := w.inbox.events[1] // after the manual change itself
	if e.From != 7 || e.To != 2 || e.Reason != "between 2 and 7 dynos within 30 minutes, a change of more than 3" {
		t.Errorf("told %d → %d because %q", e.From, e.To, e.Reason)
	}
}

func TestASignalThatIsNotKnownIsTold(t *testing.T) {
	queue := &heart{next: jobsUnknown}
	w := newWorld(2, func(o *bot.Options) {
		o.Policy.Rules = []decide.SignalRule{jobsRule}
		o.Probers = append(o.Probers, queue)
	})
	var told []string
	for range 5 {
		w.beat(right)
		told = append(told, w.inbox.take()...)
	}
	queue.next = jobs(50)
	w.beat(right)
	if told = append(told, w.inbox.take()...); !slices.Equal(told, []string{"signal_unreachable opened", "signal_unreachable resolved"}) {
		t.Errorf("told %q", told)
	}
}

func TestSignalsAtTheMaximumAreTold(t *testing.T) {
	w := newWorld(3, func(o *bot.Options) {
		o.Policy.Rules = []decide.SignalRule{{Signal: "jobs", Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)}}
		o.Probers = []probe.Prober{&heart{next: jobs(500)}}
	})
	r := w.Tick(context.Background(), noon)
	if told := w.inbox.take(); !slices.Equal(told, []string{"needs_exceed_max opened"}) {
		t.Errorf("told %q of %s", told, r.Why())
	}
	if got, want := r.Why(), "jobs is 500 jobs, above 100; desired 4, but the maximum is 3"; got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
}

func TestTheNoticesOfOneIncidentShareItsID(t *testing.T) {
	w := newWorld(3)
	w.beat(times(123, slow)...) // opened, and reminded after an hour
	w.beat(times(3, right)...)
	w.beat(times(3, slow)...)
	ids := []string{}
	for _, e := range w.inbox.events {
		ids = append(ids, e.Incident)
	}
	if len(ids) != 4 || ids[0] == "" || ids[1] != ids[0] || ids[2] != ids[0] || ids[3] == "" || ids[3] == ids[0] {
		t.Errorf("opened, reminded, resolved and opened again have the ids %q", ids)
	}
}

func TestTheEndOfBlindnessHasTheIDOfItsBeginning(t *testing.T) {
	w := newWorld(2)
	w.beat(times(3, noData)...)
	w.beat(right)
	e := w.inbox.events
	if len(e) != 2 || e[0].Incident == "" || e[1].Incident != e[0].Incident {
		t.Errorf("told %+v", e)
	}
}

func TestTheAdaptivePolicyTellsWhenTheMaximumIsNotEnough(t *testing.T) {
	w := newWorld(3, func(o *bot.Options) { o.Policy.Adaptive, o.Notices.EveryScale = balanced(t), false })
	w.beat(times(30, took(40))...)
	w.beat(times(20, took(6000))...)
	if told := w.inbox.take(); !slices.Contains(told, "needs_exceed_max opened") || w.platform.n != 3 {
		t.Errorf("told %v with %d dynos", told, w.platform.n)
	}
	w.beat(times(5, took(40))...)
	if told := w.inbox.take(); !slices.Contains(told, "needs_exceed_max resolved") {
		t.Errorf("afterwards told %v", told)
	}
}

func TestDynosThatDoNotHelpAreToldOnce(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.IneffectiveAfter = 3 })
	w.beat(times(532, slow)...)
	w.beat(times(3, right)...)
	var told []string
	for _, e := range w.inbox.events {
		if e.Kind == notify.IneffectiveScaleUps && e.Phase != notify.Reminded {
			told = append(told, e.Subject())
		}
	}
	if want := []string{
		"dancing-forest: more dynos do not make web faster", "dancing-forest: resolved: web can be scaled up again (after 4 h 21 min)",
	}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestTheBudgetIsTold(t *testing.T) {
	w := with(2, func(p *decide.Policy) { p.Price, p.Budget = 31, 10 })
	w.now = time.Date(2024, 1, 10, 12, 0, 0, 0, time.UTC).Add(-30 * time.Second)
	w.beat(right)
	w.now = w.now.Add(5 * 24 * time.Hour)
	w.beat(append(times(3, slow), times(5, fast)...)...)
	w.now = time.Date(2024, 2, 1, 1, 0, 0, 0, time.UTC)
	w.beat(times(9, slow)...)
	wantTold(t, w, "budget_forecast opened", "budget_forecast reminded", "budget_reached opened", "scaled",
		"budget_forecast reminded", "budget_reached resolved", "scaled")
}
