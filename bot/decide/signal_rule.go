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

// A SignalRule judges one signal beside the heartbeat: above its maximum it asks for more dynos, below its minimum it
// agrees to fewer.
//
// It looks at the newest readings, so many in a row or of so many, or at what a window of time comes to. A reading in
// [probe.UnitSteps] or [probe.UnitDynos] is what the app itself wants, and is followed at once whatever the bounds are.
type SignalRule struct {
	// Signal is the name of the readings that are judged, and By, unless empty, that of those by which they are
	// divided.
	Signal, By string
	// PerDyno divides the value by the number of dynos there are.
	PerDyno bool
	// Max asks for more dynos when it is exceeded, Min agrees to fewer when the value is below it; NaN for none. A rule
	// without a minimum does not stand in the way of a down while the value is not above the maximum.
	Max, Min float64
	// Fails is how many readings above Max ask for more dynos, Passes how many below Min agree to fewer. Both are zero
	// where Window is set.
	Fails, Passes Quorum
	// Window is how long back the readings are looked at as one: by their mean, or where Percentile is above 0 and up
	// to 100, by that percentile (the nearest rank). 0 looks at each reading.
	Window     time.Duration
	Percentile float64
	// Wait is from when on after the number of dynos changed the window speaks; 0 means half of it, and NoWait at once.
	Wait time.Duration
	// Whole says that each reading looks back over the Window itself, so that the newest is what the window comes to.
	Whole bool
	// Up and Down are how many dynos are added or removed at a time; the zero Step is the policy's.
	Up, Down Step
	// Size has the rule ask for larger and smaller dynos, a step on the policy's ladder at a time, instead of more and
	// fewer.
	Size bool
}

// NoWait has a window speak at once after the number of dynos changed.
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

// key names the rule in the state: one for the number of dynos and one for their size may judge the same.
func (r *SignalRule) key() string {
	if r.Size {
		return r.String() + ", size"
	}
	return r.String()
}

// The verdicts on a signal, beside OK and NoData.
const (
	Above Verdict = "above"
	Below Verdict = "below"
)

// A Judged is what a rule made of its signal at a tick.
type Judged struct {
	// Rule names what is judged.
	Rule string `json:"rule"`
	// Verdict is above, below, right or blind.
	Verdict Verdict `json:"verdict"`
	// Value is what was judged, in Unit: the newest reading, or what the window comes to. 0 where Verdict is blind.
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	// Max and Min are the bounds, nil for none.
	Max *float64 `json:"max,omitempty"`
	Min *float64 `json:"min,omitempty"`
	// Run is how many of the newest Of readings had this verdict, and Needed how many call for a change, as in a
	// [Decision]. All are 0 for a right one, and, unless it is blind, for one that is judged by a window.
	Run    int `json:"run,omitempty"`
	Needed int `json:"needed,omitempty"`
	Of     int `json:"of,omitempty"`
	// WindowSeconds is how long the window is, 0 for none, and WaitSeconds how long it must be filled before it speaks.
	WindowSeconds float64 `json:"window_seconds,omitempty"`
	Percentile    float64 `json:"percentile,omitempty"`
	WaitSeconds   float64 `json:"wait_seconds,omitempty"`
	// Beyond is the scaling rule whose threshold the value is beyond, nil for none, and BeyondSeconds for how long it
	// has been, up to as long as the rule wants.
	Beyond        *Breached `json:"beyond,omitempty"`
	BeyondSeconds float64   `json:"beyond_seconds,omitempty"`
	// Booting says that it does not count while new dynos boot.
	Booting bool `json:"booting,omitempty"`
	// Desired is the number of dynos that it asks for, the present one for no change.
	Desired int `json:"desired"`
	// Size says that it is the dyno size that is judged, and SizeStep what it asks for: 1 for a larger one, -1 for a
	// smaller one.
	Size     bool `json:"size,omitempty"`
	SizeStep int  `json:"size_step,omitempty"`
	// Error says why it is blind.
	Error string `json:"error,omitempty"`
}

// free says whether the signal has no say in a down: no minimum, and not above the maximum.
func (j *Judged) free() bool { return j.Min == nil && j.Verdict == OK }

// SignalState is what is remembered of a rule's signal between ticks. It is never changed in place.
type SignalState struct {
	// Rule names the rule.
	Rule string `json:"rule"`
	// Above and Below remember the readings with these verdicts since the number of dynos changed.
	Above Window `json:"above,omitempty"`
	Below Window `json:"below,omitempty"`
	// NoData counts the blind readings in a row.
	NoData int `json:"no_data,omitempty"`
	// Since is when the oldest reading since that change was taken, and Samples are those of the window, the newest
	// last.
	Since   time.Time `json:"since,omitzero"`
	Samples []Sample  `json:"samples,omitempty"`
}

// A Sample is a value at a time.
type Sample struct {
	Time  time.Time `json:"time"`
	Value float64   `json:"value"`
}

// mostSamples bounds what is remembered of a window: of an hour, a reading every five seconds.
const mostSamples = 720

// sense judges the signals of a tick by the rules. The readings of new dynos that are yet to boot do not count.
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
	value, unit, why := r.value(in, n)
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

// value finds what a rule judges among the readings. why says in words why it is not known, "" if it is.
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
		return 0, unit, "the number to divide by is unknown"
	case r.PerDyno && n == 0:
		return 0, unit, "the number to divide by is 0"
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
	switch { // no value is beyond a bound that is NaN
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

// lookBack judges by the window. It says nothing while new dynos boot. changed is when the number of dynos last
// changed.
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
	if r.Whole { // which looks back beyond the first reading
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
	j.Max, j.Min = nil, &j.Value // it has a say in a down
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

// newest returns the samples of the window with one more. Of samples that are closer to each other than is remembered
// it leaves out some, so that those that are kept are spread over the whole window.
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

// sum makes one value of the samples: their mean for 0, else a percentile by the nearest rank.
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

// nearestRank is a percentile of values, of which there is one at least, above 0 and up to 100, by the nearest rank.
func nearestRank(values []float64, percentile float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(1, int(math.Ceil(percentile/100*float64(len(sorted)))))-1]
}
