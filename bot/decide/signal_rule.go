package decide

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A SignalRule judges one signal other than the heartbeat. Above the upper threshold it asks for more dynos, below the
// lower one it agrees to fewer.
//
// It counts the newest readings, in a row or N of M, or judges one value of a time window. A reading in
// [probe.UnitSteps] or [probe.UnitDynos] is a request of the app itself, and is followed at once.
type SignalRule struct {
	// Signal is the name of the readings. By, if not empty, is the name of the readings to divide them by.
	Signal, By string
	// PerDyno divides the value by the number of dynos.
	PerDyno bool
	// Max is the upper threshold, Min the lower one; NaN for none. A rule without Min does not prevent a scale-down
	// unless its value is above Max.
	Max, Min float64
	// Fails is the quorum of readings above Max that asks for more dynos, Passes that of readings below Min which
	// agrees to fewer. Both are zero with a Window.
	Fails, Passes Quorum
	// Window is the time whose readings are judged as one value: their mean, or a percentile by the nearest rank if
	// Percentile is above 0, up to 100. 0 judges each reading.
	Window     time.Duration
	Percentile float64
	// Wait is the time after a change of the number of dynos before the window decides; 0 is half the window, and
	// NoWait no time.
	Wait time.Duration
	// Whole: each reading already covers the Window, so only the newest is judged.
	Whole bool
	// Up and Down are the sizes of a scale-up and a scale-down; the zero Step is the policy's.
	Up, Down Step
	// Size makes the rule ask for larger and smaller dynos instead of more and fewer, one step of the ladder at a time.
	Size bool
}

// NoWait lets a window decide at once after the number of dynos changed.
const NoWait time.Duration = -1

func (r *SignalRule) wait() time.Duration {
	if r.Wait == 0 {
		return r.Window / 2
	}
	return max(0, r.Wait)
}

// String names the rule by what it judges: "requests_per_second per dyno". Rules of one policy have different names.
func (r *SignalRule) String() string {
	name := r.Signal
	if r.By != "" {
		name += " / " + r.By
	}
	if r.PerDyno {
		name += " per dyno"
	}
	return name
}

// A rule for the number and one for the size may judge the same signal.
func (r *SignalRule) key() string {
	if r.Size {
		return r.String() + ", size"
	}
	return r.String()
}

// The verdicts on a signal in addition to OK and NoData.
const (
	Above Verdict = "above"
	Below Verdict = "below"
)

// A Judged is a rule's judgment on its signal at a tick.
type Judged struct {
	// Rule is [SignalRule.String].
	Rule string `json:"rule"`
	// Verdict is above, below, ok or no data.
	Verdict Verdict `json:"verdict"`
	// Value is the newest reading, or the value of the window, in Unit; 0 without data.
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	// Max and Min are the thresholds; nil for none.
	Max *float64 `json:"max,omitempty"`
	Min *float64 `json:"min,omitempty"`
	// Run of the newest Of readings had this verdict, and Needed call for a change, as in a [HeartbeatVerdict]. All are
	// 0 for ok, and for a window with data.
	Run    int `json:"run,omitempty"`
	Needed int `json:"needed,omitempty"`
	Of     int `json:"of,omitempty"`
	// WindowSeconds is the length of the window, 0 for none. WaitSeconds is the time before it decides.
	WindowSeconds float64 `json:"window_seconds,omitempty"`
	Percentile    float64 `json:"percentile,omitempty"`
	WaitSeconds   float64 `json:"wait_seconds,omitempty"`
	// Beyond is the scaling rule whose threshold the value is beyond; nil for none. BeyondSeconds is the time since
	// then, at most the rule's breach time.
	Beyond        *Breached `json:"beyond,omitempty"`
	BeyondSeconds float64   `json:"beyond_seconds,omitempty"`
	// Booting: the reading does not count while new dynos boot.
	Booting bool `json:"booting,omitempty"`
	// Desired is the number of dynos that the rule asks for; the present number for no change.
	Desired int `json:"desired"`
	// Size: the rule judges the dyno size. SizeStep is 1 if it asks for a larger one, -1 for a smaller one.
	Size     bool `json:"size,omitempty"`
	SizeStep int  `json:"size_step,omitempty"`
	// LastDyno: there is something to do, so the last dyno stays, or one is added because none runs.
	LastDyno bool `json:"last_dyno,omitempty"`
	// Error is the reason for no data.
	Error string `json:"error,omitempty"`
}

// Such a signal does not prevent a scale-down.
func (j *Judged) free() bool { return j.Min == nil && j.Verdict == OK }

// SignalState is what the policy remembers of a rule's signal. It is never changed in place.
type SignalState struct {
	// Rule names the rule.
	Rule string `json:"rule"`
	// Above and Below are the readings with these verdicts since the number of dynos changed.
	Above Window `json:"above,omitempty"`
	Below Window `json:"below,omitempty"`
	// NoData is the number of readings in a row without data.
	NoData int `json:"no_data,omitempty"`
	// Since is the time of the oldest reading since that change. Samples are the readings of the window, newest last.
	Since   time.Time `json:"since,omitzero"`
	Samples []Sample  `json:"samples,omitempty"`
}

// A Sample is a value at a time.
type Sample struct {
	Time  time.Time `json:"time"`
	Value float64   `json:"value"`
}

// mostSamples is the number of samples kept of a window: in an hour, one every five seconds.
const mostSamples = 720

// Readings do not count while new dynos boot.
func (p *Policy) sense(st *State, d *Decision, now time.Time, in []probe.Reading, n int) {
	if len(p.Rules) == 0 {
		st.Signals = nil
		return
	}
	d.Signals = make([]Judged, len(p.Rules))
	next := make([]SignalState, len(p.Rules))
	for i := range p.Rules {
		r := &p.Rules[i]
		next[i] = st.signal(r.key())
		d.Signals[i] = p.look(r, &next[i], now, in, n, !st.BootSince.IsZero(), st.changed())
		j := &d.Signals[i]
		p.wake(r, j, st, in, n)
		st.ask(r.key(), now, j.Desired > n, j.Verdict == NoData || r.Window == 0 && r.Fails.N > 0 &&
			r.Fails.stands(next[i].Above))
	}
	st.Signals = next
}

func (s *State) signal(rule string) SignalState {
	for _, k := range s.Signals {
		if k.Rule == rule {
			return k
		}
	}
	return SignalState{Rule: rule}
}

func (p *Policy) look(
	r *SignalRule, st *SignalState, now time.Time, in []probe.Reading, n int, booting bool, changed time.Time,
) Judged {
	j := Judged{Rule: r.String(), Size: r.Size, Max: bound(r.Max), Min: bound(r.Min), Desired: n}
	value, unit, why := r.value(in, p.divisor(n))
	j.Unit = unit
	if why != "" {
		st.NoData++
		j.Verdict, j.Error, j.Run, j.Needed, j.Of = NoData, why, st.NoData, p.Fails.N, p.Fails.N
		return j
	}
	st.NoData = 0
	j.Value = value
	switch {
	case r.Size && unit == probe.UnitDynos:
		j.Verdict, j.Error = NoData, "the value is a count, not a size"
	case unit == probe.UnitDynos || unit == probe.UnitSteps:
		p.obey(r, &j, n)
	case r.Window > 0:
		p.lookBack(r, st, &j, now, n, booting, changed)
	default:
		p.lookAt(r, st, &j, n, booting)
	}
	if r.Size {
		j.ofSize(n)
	}
	return j
}

func (j *Judged) ofSize(n int) {
	switch {
	case j.Desired == n:
	case j.Verdict == Above:
		j.SizeStep = 1
	case j.Verdict == Below:
		j.SizeStep = -1
	}
	j.Desired = n
}

func bound(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// why is the reason for no data, "" if there is a value.
func (r *SignalRule) value(in []probe.Reading, n int) (value float64, unit, why string) {
	value, unit, why = find(in, r.Signal)
	if why != "" || unit == probe.UnitDynos || unit == probe.UnitSteps {
		return value, unit, why
	}
	if r.By != "" {
		by, _, why := find(in, r.By)
		switch {
		case why != "":
			return 0, unit, why
		case by == 0 && value == 0:
			value = 0 // no jobs and no workers: nothing to do
		case by == 0:
			return 0, unit, r.By + " is 0, so the ratio is undefined"
		default:
			value /= by
		}
		unit = "" // a ratio
	}
	switch {
	case r.PerDyno && n < 0:
		return 0, unit, "the count is unknown"
	case r.PerDyno && n == 0:
		return 0, unit, "the count is 0"
	case r.PerDyno:
		value /= float64(n)
	}
	if math.IsInf(value, 0) {
		return 0, unit, "the value is too large"
	}
	return value, unit, ""
}

func find(in []probe.Reading, signal string) (value float64, unit, why string) {
	for i := range in {
		r := &in[i]
		switch {
		case r.Signal != signal:
		case r.Outcome != probe.Answered:
			return 0, r.Unit, fmt.Sprintf("%s: %s", r.Outcome, r.Error)
		case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
			return 0, r.Unit, fmt.Sprintf("%g is not a finite number", r.Value)
		default:
			return r.Value, r.Unit, ""
		}
	}
	return 0, "", "no reading named " + signal
}

func (r *SignalRule) verdict(value float64) Verdict {
	switch { // no value is beyond a threshold of NaN
	case value > r.Max:
		return Above
	case value < r.Min:
		return Below
	}
	return OK
}

func (p *Policy) lookAt(r *SignalRule, st *SignalState, j *Judged, n int, booting bool) {
	j.Verdict = r.verdict(j.Value)
	if j.Booting = booting && j.Verdict == Above; j.Booting {
		return
	}
	st.Above, st.Below = st.Above.push(j.Verdict == Above), st.Below.push(j.Verdict == Below)
	switch j.Verdict {
	case Above:
		j.Run, j.Needed, j.Of = r.Fails.progress(st.Above), r.Fails.N, r.Fails.M
		if r.Fails.reached(st.Above) {
			j.Desired = n + r.up(p).of(n)
		}
	case Below:
		j.Run, j.Needed, j.Of = r.Passes.progress(st.Below), r.Passes.N, r.Passes.M
		if r.Passes.reached(st.Below) {
			j.Desired = max(0, n-r.down(p).of(n))
		}
	}
}

// The window does not decide while new dynos boot. changed is the time of the last change of the number of dynos.
func (p *Policy) lookBack(
	r *SignalRule, st *SignalState, j *Judged, now time.Time, n int, booting bool, changed time.Time,
) {
	j.WindowSeconds, j.Percentile = r.Window.Seconds(), r.Percentile
	if booting {
		st.Since, st.Samples = time.Time{}, nil
		j.Verdict, j.Booting = r.verdict(j.Value), true
		j.WaitSeconds = r.wait().Seconds()
		return
	}
	if st.Since.IsZero() {
		st.Since = now
	}
	since := st.Since
	if r.Whole { // its window began before the first reading
		st.Samples, since = nil, changed
	} else {
		st.Samples = newest(st.Samples, now, r.Window, Sample{Time: now, Value: j.Value})
		j.Value = sum(st.Samples, r.Percentile)
	}
	j.Verdict = r.verdict(j.Value)
	j.WaitSeconds = max(0, r.wait()-now.Sub(since)).Seconds()
	switch {
	case j.WaitSeconds > 0:
	case j.Verdict == Above:
		j.Desired = n + r.up(p).of(n)
	case j.Verdict == Below:
		j.Desired = max(0, n-r.down(p).of(n))
	}
}

func (p *Policy) obey(r *SignalRule, j *Judged, n int) {
	if j.Unit == probe.UnitDynos {
		j.Desired = int(math.Round(min(max(0, j.Value), adaptive.MostNeeded)))
	} else if j.Value > 0 {
		j.Desired = n + r.up(p).of(n)
	} else if j.Value < 0 {
		j.Desired = max(0, n-r.down(p).of(n))
	}
	j.Max, j.Min = nil, &j.Value // it has a say in a scale-down
	switch {
	case j.Desired > n:
		j.Verdict = Above
	case j.Desired < n:
		j.Verdict = Below
	default:
		j.Verdict = OK
	}
}

func (r *SignalRule) up(p *Policy) Step   { return cmp.Or(r.Up, p.Up) }
func (r *SignalRule) down(p *Policy) Step { return cmp.Or(r.Down, p.Down) }

// Samples that are closer together than mostSamples allows are thinned, so that the rest covers the whole window.
func newest(samples []Sample, now time.Time, window time.Duration, s Sample) []Sample {
	if n := len(samples); n > 1 && samples[n-1].Time.Sub(samples[n-2].Time) < window/mostSamples {
		samples = samples[:n-1]
	}
	kept := make([]Sample, 0, len(samples)+1)
	for _, old := range samples[max(0, len(samples)+1-mostSamples):] {
		if now.Sub(old.Time) < window {
			kept = append(kept, old)
		}
	}
	return append(kept, s)
}

// A percentile of 0 is the mean.
func sum(samples []Sample, percentile float64) float64 {
	if percentile == 0 {
		mean := 0.0
		for _, s := range samples {
			mean += s.Value / float64(len(samples))
		}
		return mean
	}
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = s.Value
	}
	return nearestRank(values, percentile)
}

// There must be at least one value. percentile is above 0, up to 100.
func nearestRank(values []float64, percentile float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(1, int(math.Ceil(percentile/100*float64(len(sorted)))))-1]
}
