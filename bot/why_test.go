package bot_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A kindOfRule is a policy with a signal, the readings at which it asks for more, for no change and for fewer, and the
// number of ticks it needs.
type kindOfRule struct {
	name              string
	policy            func(*decide.Policy)
	more, right, less probe.Reading
	ticks             int
}

func kindsOfRules(t *testing.T) []kindOfRule {
	rules := func(r decide.SignalRule) func(*decide.Policy) {
		return func(p *decide.Policy) { r.Signal = "jobs"; p.Rules = []decide.SignalRule{r} }
	}
	model := balanced(t)
	once := decide.SignalRule{Max: 100, Min: 10, Fails: decide.InARow(1), Passes: decide.InARow(1)}
	scaling := []decide.BreachRule{
		{Metric: "jobs", Operator: ">", Threshold: 100, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: time.Minute},
		{Metric: "jobs", Operator: "<=", Threshold: 10, Step: decide.Step{Dynos: 1}, Down: true, Breach: time.Minute, Cooldown: time.Minute},
	}
	return []kindOfRule{
		{"rule", rules(once), jobs(500), jobs(50), jobs(5), 1},
		{"rule of several readings", rules(decide.SignalRule{Max: 100, Min: 10, Fails: decide.InARow(3), Passes: decide.InARow(3)}), jobs(500), jobs(50), jobs(5), 3},
		{"rule of a window", rules(decide.SignalRule{Max: 100, Min: 10, Window: 2 * time.Minute}), jobs(500), jobs(50), jobs(5), 4},
		{"rule of whole windows", rules(decide.SignalRule{Max: 100, Min: 10, Window: 2 * time.Minute, Whole: true}), jobs(500), jobs(50), jobs(5), 3},
		{"wish for steps", rules(once), signal("jobs", 1, probe.UnitSteps), signal("jobs", 0, probe.UnitSteps), signal("jobs", -1, probe.UnitSteps), 1},
		{"wish for dynos", rules(once), signal("jobs", 4, probe.UnitDynos), signal("jobs", 3, probe.UnitDynos), signal("jobs", 2, probe.UnitDynos), 1},
		{"scaling rules", func(p *decide.Policy) { p.Breaches = scaling }, jobs(500), jobs(50), jobs(5), 5},
		{"adaptive with a rule", func(p *decide.Policy) { rules(once)(p); p.Adaptive = model }, jobs(500), jobs(50), jobs(5), 1},
	}
}

// An account is everything that a bot reports of some ticks.
type account struct {
	records []record.Record
	events  []notify.Event
	log     string
}

// The bot has three dynos, a signal, and a heartbeat unless it is nil.
func accountOf(k kindOfRule, heartbeat *probe.Reading, signal probe.Reading, ticks int) account {
	var log bytes.Buffer
	w := newWorld(3, func(o *bot.Options) {
		k.policy(&o.Policy)
		o.Schedule = &always{Min: 1, Max: 6}
		o.Notices.EveryPing = true
		o.Probers = []probe.Prober{&heart{next: signal}}
		if heartbeat != nil {
			o.Probers = append([]probe.Prober{&heart{next: *heartbeat}}, o.Probers...)
		}
		o.Recorders = []record.Recorder{record.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), 0)}
	})
	var a account
	for i := range ticks {
		a.records = append(a.records, w.Tick(context.Background(), noon.Add(time.Duration(i)*30*time.Second)))
	}
	a.events, a.log = w.inbox.events, log.String()
	return a
}

func (a account) last() (r record.Record, up, down bool) {
	for _, r := range a.records {
		up = up || r.Decision.To > r.Decision.From
		down = down || r.Decision.To < r.Decision.From
	}
	return a.records[len(a.records)-1], up, down
}

func (a account) subjects(k notify.Kind) (out []string) {
	for _, e := range a.events {
		if e.Kind == k {
			out = append(out, e.Subject())
		}
	}
	return out
}

func (a account) all() string {
	text := a.log
	for _, r := range a.records {
		text += r.Headline() + ": " + r.Why() + "\n"
	}
	for _, e := range a.events {
		text += e.Subject() + "\n" + e.Text() + "\n"
	}
	return text
}

// Without a heartbeat no text mentions one. The signal and its rule are the explanation.
func TestExplanationsWithoutAHeartbeat(t *testing.T) {
	for _, k := range kindsOfRules(t) {
		if strings.HasPrefix(k.name, "adaptive") { // which needs one
			continue
		}
		for want, signal := range map[string]probe.Reading{"more": k.more, "right": k.right, "less": k.less} {
			t.Run(k.name+", "+want, func(t *testing.T) {
				a := accountOf(k, nil, signal, k.ticks+1)
				_, up, down := a.last()
				if up != (want == "more") || down != (want == "less") {
					t.Errorf("it went up: %v, down: %v", up, down)
				}
				for _, r := range a.records {
					if !strings.Contains(r.Why(), "jobs") || r.Decision.Verdict == decide.NoData || r.Decision.Says() == decide.NoData || r.Decision.Rule == decide.RuleNoData {
						t.Errorf("verdict %s by %s: %s", r.Decision.Verdict, r.Decision.Rule, r.Why())
					}
				}
				for _, false := range []string{"heartbeat", "no reading", "no data: ", "not known"} {
					if strings.Contains(a.all(), false) {
						t.Errorf("%q is said:\n%s", false, a.all())
					}
				}
				if len(a.subjects(notify.Ping)) > 0 {
					t.Error("a heartbeat was told")
				}
			})
		}
	}
}

// A heartbeat that cannot be reached is reported with what it prevents, and with nothing else.
func TestExplanationsOfAHeartbeatThatCannotBeReached(t *testing.T) {
	for _, k := range kindsOfRules(t) {
		t.Run(k.name, func(t *testing.T) {
			alone := strings.HasPrefix(k.name, "scaling")
			for want, signal := range map[string]probe.Reading{"more": k.more, "less": k.less} {
				a := accountOf(k, &noData, signal, k.ticks+4)
				_, up, down := a.last()
				if up != (want == "more") || down != (want == "less" && alone) {
					t.Errorf("%s: it went up: %v, down: %v", want, up, down)
				}
				subjects := a.subjects(notify.HeartbeatUnreachable)
				if len(subjects) == 0 || !strings.Contains(subjects[0], "heartbeat is unreachable") {
					t.Errorf("the heartbeat is told as %q", subjects)
				}
				for _, s := range subjects {
					if strings.Contains(s, "not being scaled") || strings.Contains(s, "not scaled down") == alone {
						t.Errorf("%s: it says %q", want, s)
					}
				}
				for _, s := range a.subjects(notify.Ping) {
					if !strings.Contains(s, "not answered") {
						t.Errorf("a heartbeat is told as %q", s)
					}
				}
				for _, r := range a.records {
					if alone && (strings.Contains(r.Why(), "unreachable") || r.Decision.Rule == decide.RuleNoData) {
						t.Errorf("%s: scaling rules do not go by it: %s", want, r.Why())
					}
				}
			}
		})
	}
}

// A signal without data is reported with the reason and with what it prevents.
func TestExplanationsOfASignalThatIsNotKnown(t *testing.T) {
	for _, k := range kindsOfRules(t) {
		for name, heartbeat := range map[string]*probe.Reading{"alone": nil, "with a heartbeat": &fast} {
			if heartbeat == nil && strings.HasPrefix(k.name, "adaptive") {
				continue
			}
			t.Run(k.name+", "+name, func(t *testing.T) {
				a := accountOf(k, heartbeat, jobsUnknown, 12)
				last, up, down := a.last()
				if up || down {
					t.Error("it scaled")
				}
				if why := last.Why(); !strings.Contains(why, "jobs has no data: timeout: no answer within 5s") || strings.Contains(why, "there is no reading") {
					t.Errorf("why is %q", why)
				}
				if last.Decision.Says() != decide.NoData {
					t.Errorf("it says %s", last.Decision.Says())
				}
				if len(a.subjects(notify.HeartbeatUnreachable)) > 0 {
					t.Errorf("the heartbeat is told as %q", a.subjects(notify.HeartbeatUnreachable))
				}
				subjects := a.subjects(notify.SignalUnreachable)
				if len(subjects) != 1 || strings.Contains(subjects[0], "not scaled down") == strings.HasPrefix(k.name, "scaling") {
					t.Errorf("the signal is told as %q", subjects)
				}
			})
		}
	}
}

// A metric without data does not stop rules on other metrics, and no text says that it does.
func TestAMetricThatIsNotKnownKeepsOnlyItsOwnRules(t *testing.T) {
	k := kindOfRule{policy: func(p *decide.Policy) {
		p.Breaches = []decide.BreachRule{
			{Metric: "mail", Operator: ">", Threshold: 1, Step: decide.Step{Dynos: 1}, Breach: time.Minute},
			{Metric: "jobs", Operator: "<", Threshold: 10, Step: decide.Step{Dynos: 1}, Down: true, Breach: time.Minute},
		}
	}}
	a := accountOf(k, nil, jobs(5), 6)
	if _, _, down := a.last(); !down {
		t.Error("it did not go down")
	}
	if first := a.records[0]; first.Decision.Rule != decide.RuleNoData || !strings.Contains(first.Why(), "mail has no data") || !strings.Contains(first.Why(), "jobs is 5 jobs") {
		t.Errorf("%s: %s", first.Decision.Rule, first.Why())
	}
	if s := a.subjects(notify.SignalUnreachable); len(s) != 1 || strings.Contains(s[0], "scaled down") || strings.Contains(a.all(), "no dyno is removed") {
		t.Errorf("told %q", s)
	}
}

// At a limit the rule that asks for more is the reason, whatever the heartbeat says.
func TestTheLimitIsToldByTheRuleThatSpoke(t *testing.T) {
	for _, k := range kindsOfRules(t) {
		if strings.HasPrefix(k.name, "adaptive") {
			continue
		}
		for name, heartbeat := range map[string]*probe.Reading{"alone": nil, "with a heartbeat": &right} {
			t.Run(k.name+", "+name, func(t *testing.T) {
				w := newWorld(3, func(o *bot.Options) {
					k.policy(&o.Policy)
					o.Probers = []probe.Prober{&heart{next: k.more}}
					if heartbeat != nil {
						o.Probers = append(o.Probers, &heart{next: *heartbeat})
					}
				})
				for i := range k.ticks + 1 {
					w.Tick(context.Background(), noon.Add(time.Duration(i)*30*time.Second))
				}
				events := w.inbox.events
				i := slices.IndexFunc(events, func(e notify.Event) bool { return e.Kind == notify.NeedsExceedMax })
				if i < 0 {
					t.Fatal("nobody was told")
				}
				if s := events[i].Subject(); strings.Contains(s, "slow") || !strings.Contains(s, "needs more") {
					t.Errorf("it is told as %q", s)
				}
			})
		}
	}
}
