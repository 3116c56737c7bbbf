// Package decide decides how many dynos an app should have, and of which size. It is pure: a [Policy] makes of a
// [State] and the [Facts] of a tick another State and a [Decision], and reads no clock and calls nobody. Each safeguard
// has a file of its own, named after it.
package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Policy turns readings into a number of dynos by counting slow and fast ones, as autoscalebot always did: so many
// slow ones add dynos, so many fast ones remove some. Safeguards then keep the change from coming too soon or at the
// wrong time.
type Policy struct {
	HeartbeatRule
	// Up and Down are how many dynos are added or removed at a time.
	Up, Down Step
	Safeguards
	Sizing
	// Budget is what the dynos may cost in a calendar month, in dollars; 0 = no matter. Price is what one of them costs
	// a month; while it is 0, the budget cannot be kept.
	Budget, Price float64
	// Rules judge signals beside the heartbeat: up if any says so, down only if all do. There may be rules and no
	// heartbeat.
	Rules []SignalRule
	// DecideEvery is how far apart the moments are at which rules with a window may change anything, rounded up to a
	// tick; 0 = every tick.
	DecideEvery time.Duration
	// Breaches, where there are any, decide in the place of the heartbeat and the rules.
	Breaches []BreachRule
	// Adaptive decides from the load instead of counting; nil counts. What people and other safeguards ask of the bot
	// holds for both.
	Adaptive *adaptive.Model
	// ZeroIsOurs says that the schedule itself asks for 0 dynos at some hour. Otherwise 0 dynos are somebody's decision
	// to switch the app off, and the bot keeps its hands off.
	ZeroIsOurs bool
}

// Safeguards keep a change that comes of readings from coming too soon or at the wrong time. The zero value has none of
// them.
type Safeguards struct {
	// CooldownUp is how long after an up the next up must wait, CooldownDown how long after any change a down must; 0 =
	// not at all. The limits of the hour wait for neither.
	CooldownUp, CooldownDown time.Duration
	// BootTime is how long slow answers do not count after a scale-up at the least; where the platform tells when the
	// dynos are up, they do not count before that either, for 5 minutes at the most.
	BootTime time.Duration
	// DeployGrace is how old the newest release must be before dynos are removed, where the platform tells of releases.
	// While one is under way none are. Below 0 releases do not matter.
	DeployGrace time.Duration
	// Stabilization is the time over which fewer dynos must have been wished for all along before any is removed, and
	// how long the bot watches before it removes one at all; 0 = not at all.
	Stabilization time.Duration
	// ManualHold is how long a number of dynos that somebody else has set is left alone inside the limits; 0 = not at
	// all.
	ManualHold time.Duration
	// PauseUp and PauseDown keep the bot from adding and from removing dynos, but for the limits of the hour.
	PauseUp, PauseDown bool
	// IneffectiveAfter is how many ups in a row that do not improve the readings by a tenth keep the bot from more; 0 =
	// no matter.
	IneffectiveAfter int
}

// A Verdict is what one tick's readings say of the app.
type Verdict string

const (
	Slow   Verdict = "slow"
	Fast   Verdict = "fast"
	OK     Verdict = "ok"
	NoData Verdict = "no data"
)

// Decide decides how many dynos there should be from facts. It reads no clock, calls nobody, and allocates only to note
// a clamp.
//
// The first rule that matches speaks: while the bot is offline, or the number of dynos is not known, nothing changes;
// an override is kept; 0 dynos that the schedule does not ask for are left alone; a number outside the limits moves to
// the nearest one at once; enough slow readings add dynos, enough fast ones remove some, or where the policy is
// adaptive, so does the load that the readings tell of. What the rule asks for is then clamped by the limits, and a
// change that comes of readings by the safeguards. An app that the platform says is to be left alone stays as it is in
// any case.
func (p Policy) Decide(st State, f Facts) (State, Decision) {
	st.Control = f.Control
	switch {
	case f.Offline:
		return st, freeze(&f)
	case f.Dynos < 0:
		d := p.judge(&st, f.Now, f.Readings, -1)
		d.Rule = RuleUnknown
		return st, d
	}
	if f.Price > 0 {
		p.Price = f.Price
	}
	p.boot(&st, &f)
	madeSize := p.observeSize(&st, &f)
	d := p.decide(&st, &f)
	d.CompletedSize = madeSize
	d.leaveAlone(f.LeftAlone)
	if !f.Settled {
		d.await(ClampUnsettled, 0)
	}
	p.awaitDeploy(&st, &d, &f)
	return st, d
}

func (p *Policy) decide(st *State, f *Facts) Decision {
	now, in, lim, n := f.Now, f.Readings, f.Limits, f.Dynos
	if st.Begun.IsZero() {
		st.Begun = now
	}
	bill := p.bill(st, now, n)
	was := st.Dynos
	byHand, made := st.observe(now, n)
	if byHand {
		st.restart()
		st.ScaleUps = nil
		st.HoldUntil = now.Add(p.ManualHold)
	}
	d := p.judge(st, now, in, n)
	d.Bill, d.Completed = bill, made
	if byHand {
		d.ManualChange = &ManualChange{From: was, To: n}
	}
	if st.ScaleUps.stuck() {
		d.Ineffective = st.ScaleUps
	}
	if p.Adaptive != nil || st.Load != nil {
		p.infer(st, &d, now, in)
	}
	st.CoolSeconds = 0
	ineffective := p.choose(st, &d, now, in, lim)
	t := p.turn(st, &d, now, in, lim)
	d.To = d.Desired
	p.noteDesired(st, now, d.Desired)
	if t.step == 0 && (d.Rule.reads() || d.Rule == RuleOverride) {
		d.clamp(ClampSchedule, lim.Clamp(d.To), 0)
	}
	if d.Rule.reads() {
		if ineffective {
			d.clamp(ClampIneffective, d.From, 0)
		}
		p.stabilize(st, &d, now)
		p.cool(st, &d, now)
		p.respect(st, &d, now)
		p.pause(st, &d, now)
		p.relearn(st, &d, now)
		if t.step == 0 {
			p.afford(&d)
		}
	}
	p.fit(st, &d, now, in, t.turned(p, &d))
	return d
}

// choose finds the rule that speaks, and what it wishes for. ineffective says that it is for the heartbeat, which more
// dynos do not improve.
func (p *Policy) choose(
	st *State, d *Decision, now time.Time, in []probe.Reading, lim schedule.Limits,
) (ineffective bool) {
	n := d.From
	switch {
	case st.Control.Override.Active(now):
		d.Rule, d.Desired = RuleOverride, st.Control.Override.Dynos
	case n == 0 && !p.ZeroIsOurs:
		d.Rule = RuleLeftAlone
	case lim.Clamp(n) != n:
		d.Rule, d.Desired = RuleLimits, lim.Clamp(n)
	case len(p.Breaches) > 0:
		p.breach(st, d, now, in)
	case d.Reading >= 0 && d.Verdict == Slow && !d.above() && !p.goesByRouter(st, now) && st.ScaleUps.stepBack(now, n):
		d.Rule, d.Desired = RuleIneffective, st.ScaleUps.From
	default:
		p.beat(st, d, now, in)
		p.beatEvidence(st, d, now)
		more := lim.Clamp(d.Desired) > n || d.Desired > n && p.Ladder != ""
		ineffective = more && d.by() == ByHeartbeat && p.ineffective(st, d, now)
		return p.merge(st, d, now, lim, ineffective)
	}
	st.ask(ByHeartbeat, now, false, false)
	return false
}

func (p *Policy) beat(st *State, d *Decision, now time.Time, in []probe.Reading) {
	n := d.From
	switch {
	case d.Reading < 0:
	case p.Adaptive != nil && n > 0:
		p.adapt(st, d, now, in)
	case d.Verdict == Slow && p.Fails.reached(st.Slow):
		d.Rule, d.Desired = RuleSlow, n+p.Up.of(n)
	case d.Verdict == Fast && p.Passes.reached(st.Fast):
		d.Rule, d.Desired = RuleFast, max(0, n-p.Down.of(n))
	}
}

// judge takes the readings of one tick into the state, given the number n of dynos, less than 0 where it is not known.
// Several heartbeats merge so that up needs any of them and down needs all: slow if any is slow, else blind if any is
// blind, fast only if all are fast. Other signals are judged by the rules.
func (p *Policy) judge(st *State, now time.Time, in []probe.Reading, n int) Decision {
	d := Decision{
		From: n, To: n, Desired: n, Rule: RuleHold,
		HeartbeatVerdict: HeartbeatVerdict{
			Verdict: NoData, Reading: -1, MaxResponseMS: p.MaxResponseMS,
			MinResponseMS: p.MinResponseMS,
		},
	}
	p.sense(st, &d, now, in, n)
	p.senseBreaches(st, &d, now, in)
	middle := p.middleBeat(in)
	for i := range in {
		if !in[i].IsHeartbeat() || !speaks(i, middle) {
			continue
		}
		if v := p.verdict(&in[i]); d.Reading < 0 || weight(v) > weight(d.Verdict) {
			d.Verdict, d.Reading = v, i
		}
	}
	if d.Reading < 0 && len(d.Signals) > 0 {
		d.Verdict = d.Says()
	}
	if d.Reading >= 0 && d.Verdict == NoData && in[d.Reading].Outcome == probe.Maintenance {
		d.Rule, st.NoData = RuleMaintenance, 0
		return d
	}
	if d.Verdict == NoData {
		st.NoData++
		d.Rule, d.Run, d.Needed, d.Of = RuleNoData, st.NoData, p.Fails.N, p.Fails.N
		return d
	}
	st.NoData = 0
	if d.Reading >= 0 && !d.ByRules {
		p.count(st, &d, &in[d.Reading])
	}
	return d
}

func (p *Policy) count(st *State, d *Decision, r *probe.Reading) {
	st.recover(d.Verdict)
	if d.Verdict == Slow && !st.BootSince.IsZero() {
		d.Rule, d.BootSeconds = RuleBooting, st.BootTime().Seconds()
		return
	}
	st.Level.add(r)
	st.Slow, st.Fast = st.Slow.push(d.Verdict == Slow), st.Fast.push(d.Verdict == Fast)
	switch d.Verdict {
	case Slow:
		d.Run, d.Needed, d.Of = p.Fails.progress(st.Slow), p.Fails.N, p.Fails.M
	case Fast:
		d.Run, d.Needed, d.Of = p.Passes.progress(st.Fast), p.Passes.N, p.Passes.M
	}
}

func (p *Policy) verdict(r *probe.Reading) Verdict {
	switch {
	case r.Outcome != probe.Answered && slices.Contains(p.FailOn, r.Outcome):
		return Slow
	case r.Outcome != probe.Answered:
		return NoData
	case r.Value > p.MaxResponseMS:
		return Slow
	case r.Value < p.MinResponseMS:
		return Fast
	}
	return OK
}
