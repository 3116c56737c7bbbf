// Package decide decides the number and the size of an app's dynos. It is pure: a [Policy] turns a [State] and the
// [Facts] of a tick into the next State and a [Decision]. It reads no clock and calls nothing. Each safeguard has a
// file, named after it.
package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Policy turns readings into a number of dynos. It counts slow and fast heartbeats: enough slow ones add dynos,
// enough fast ones remove dynos. Safeguards delay or prevent changes.
type Policy struct {
	HeartbeatRule
	// Up and Down are the sizes of a scale-up and a scale-down.
	Up, Down Step
	Safeguards
	Sizing
	// Budget is the maximum cost of a calendar month in dollars; 0 is unlimited. Price is the price of one dyno in
	// dollars a month. Without a price the budget has no effect.
	Budget, Price float64
	// Rules judge signals other than the heartbeat. Any of them can scale up; all must agree to scale down. A heartbeat
	// is not required.
	Rules []SignalRule
	// DecideEvery is the time between decisions of rules with a window, rounded up to a tick; 0 decides at every tick.
	DecideEvery time.Duration
	// Breaches, if there are any, replace the heartbeat and the rules.
	Breaches []BreachRule
	// Adaptive decides from the load instead of counting; nil counts. The rest of the policy applies to both.
	Adaptive *adaptive.Model
	// ZeroIsOurs: the schedule allows 0 dynos at some time, so the bot itself may have set them. Otherwise, and while
	// the minimum is 0, 0 dynos that somebody else set mean that the app was switched off, so the bot leaves it alone.
	ZeroIsOurs bool
	allowsZero bool // ZeroIsOurs, and the limits now in force allow 0
}

// Safeguards delay or prevent changes that rest on readings. The zero value disables all.
type Safeguards struct {
	// CooldownUp is the minimum time between scale-ups, CooldownDown the minimum time from any change to a scale-down;
	// 0 disables it. Changes to meet the limits do not wait.
	CooldownUp, CooldownDown time.Duration
	// BootTime is the minimum time after a scale-up during which slow heartbeats do not count. If the platform reports
	// the dynos that are up, slow heartbeats do not count until all are, for at most 5 minutes.
	BootTime time.Duration
	// DeployGrace is the time after a release without a scale-down, if the platform reports releases. During a release
	// the bot does not scale down either. A negative time ignores releases.
	DeployGrace time.Duration
	// Stabilization is the time during which fewer dynos must be desired before a scale-down. The bot also watches for
	// this time before its first one. 0 disables it.
	Stabilization time.Duration
	// ManualHold is the time for which a manual change within the limits is kept; 0 keeps none.
	ManualHold time.Duration
	// PauseUp and PauseDown pause scaling up and down. The limits still apply.
	PauseUp, PauseDown bool
	// IneffectiveAfter is the number of scale-ups in a row that do not improve the readings by a tenth, after which the
	// bot stops scaling up; 0 is unlimited.
	IneffectiveAfter int
}

// A Verdict is the judgment on one tick's readings.
type Verdict string

const (
	Slow   Verdict = "slow"
	Fast   Verdict = "fast"
	OK     Verdict = "ok"
	NoData Verdict = "no data"
)

// Decide decides from facts. It reads no clock, calls nothing, and allocates only for clamps.
//
// The first rule that matches decides. Nothing changes while the bot is offline or the number of dynos is unknown. An
// override is kept. 0 dynos that somebody else set are left alone. A number outside the limits moves to the nearest one
// at once. Then the readings decide: enough slow heartbeats add dynos, enough fast ones remove dynos; with an adaptive
// policy the load decides. The limits clamp the result, and the safeguards clamp what rests on readings. If the
// platform asks to leave the app alone, nothing changes in any case.
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
	p.allowsZero = p.ZeroIsOurs && f.Limits.Min == 0
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

// ineffective means that the heartbeat asks for more dynos, which do not help it.
func (p *Policy) choose(
	st *State, d *Decision, now time.Time, in []probe.Reading, lim schedule.Limits,
) (ineffective bool) {
	n := d.From
	switch {
	case st.Control.Override.Active(now):
		d.Rule, d.Desired = RuleOverride, st.Control.Override.Dynos
	case n == 0 && (!p.ZeroIsOurs || st.SwitchedOff && p.allowsZero):
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
		return p.merge(st, d, now, in, lim, ineffective)
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

// n is less than 0 if it is unknown. Several heartbeats merge so that any can scale up and all must agree to scale
// down: slow if any is slow, otherwise no data if any lacks data, fast only if all are fast. Rules judge the other
// signals.
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
