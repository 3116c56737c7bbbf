package experiment

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Beat is one heartbeat of a record that says something of the load.
type Beat struct {
	Time time.Time
	// MS is the response time in milliseconds, and where TimedOut is set the time after which it was given up.
	MS       float64
	TimedOut bool
	// Dynos are those that were asked for when it was sent, at least one.
	Dynos  int
	Limits schedule.Limits
}

// A Record is what a bot has seen and done, as far as it is of use to tell what other settings would have done.
type Record struct {
	// Beats are in the order of time.
	Beats []Beat
	// NoData is how many heartbeats said nothing of the load. Summed is how many of the beats were made of a minute's
	// summary, since the heartbeats themselves are kept no longer.
	NoData, Summed int
	// Boot is the longest usual boot time that the bot has learned; 0 where it has not.
	Boot time.Duration
	// Last is the newest record, and Price what it says that a dyno costs a month.
	Last  record.Record
	Price float64
	// Fails and Passes are how many slow and fast heartbeats called for a change; 0 where none was seen.
	Fails, Passes decide.Quorum
	// Up and Down are how many dynos the newest such changes wished for.
	Up, Down int
	// Ups and Downs are how many times dynos were added and removed.
	Ups, Downs int
}

// longestMS bounds a response time: no router waits as long.
const longestMS = 120_000

// Add takes in a record, which must be newer than all before it; another one is left out.
func (r *Record) Add(b record.Record) {
	if n := len(r.Beats); n > 0 && !b.Time.After(r.Beats[n-1].Time) {
		return
	}
	r.Last = b
	r.learn(b.Decision)
	if b.Price > 0 {
		r.Price = b.Price
	}
	if b.Action == record.Scaled {
		if b.Decision.To > b.Decision.From {
			r.Ups++
		} else {
			r.Downs++
		}
	}
	hb, ok := sample(b)
	said := hb.Outcome == probe.Answered && hb.Unit == "ms" || hb.Outcome == probe.Timeout
	if !ok || !said || b.Dynos < 1 || !(hb.Value >= 0) {
		r.NoData++
		return
	}
	r.Beats = append(r.Beats, Beat{b.Time, min(hb.Value, longestMS), hb.Outcome == probe.Timeout, b.Dynos, b.Limits})
}

// sample is the heartbeat of a tick that is looked at: of several the first, since the one in the middle, which speaks
// for them, has another law than each of them.
func sample(b record.Record) (hb probe.Reading, ok bool) {
	if b.Burst != "" && len(b.Readings) > 0 {
		return b.Readings[0], true
	}
	return b.Heartbeat()
}

func (r *Record) learn(d decide.Decision) {
	if d.BootSeconds > 0 && d.BootSeconds < 3600 {
		r.Boot = time.Duration(d.BootSeconds * float64(time.Second))
	}
	if d.Bill != nil {
		r.Price = d.Bill.Price
	}
	q := decide.Quorum{N: d.Needed, M: d.Of}
	switch {
	case q.N < 1 || q.M < q.N:
	case d.Verdict == decide.Slow:
		r.Fails = q
	case d.Verdict == decide.Fast:
		r.Passes = q
	}
	switch d.Rule {
	case decide.RuleSlow:
		r.Up = max(0, d.Desired-d.From)
	case decide.RuleFast:
		r.Down = max(0, d.From-d.Desired)
	}
}

// mostInMinute bounds the beats that are made of a minute's summary.
const mostInMinute = 60

// AddMinute takes in the summary of a minute, newer than all before it, whose heartbeats are not known one by one. What
// lies between the percentiles is interpolated. A heartbeat that was slow and has no response time has timed out, after
// so many milliseconds.
func (r *Record) AddMinute(p history.Point, timeoutMS float64) {
	if n := len(r.Beats); n > 0 && !p.Time.After(r.Beats[n-1].Time) || p.Dynos < 1 || p.Heartbeats < 1 {
		return
	}
	r.Ups += p.Ups
	r.Downs += p.Downs
	r.NoData += p.NoData
	k := min(p.Heartbeats-p.NoData, mostInMinute)
	values := make([]float64, 0, max(0, k))
	if p.MedianMS >= 0 {
		for i := range k {
			values = append(values, quantile(p, (float64(i)+0.5)/float64(k)))
		}
	}
	slow := 0
	for _, v := range values {
		if v > p.HighMS {
			slow++
		}
	}
	timeouts := max(0, min(p.Slow, k)-slow)
	values = values[:max(0, min(len(values), k-timeouts))]
	for i := range len(values) + timeouts {
		b := Beat{
			p.Time.Add(time.Duration(i) * time.Minute / time.Duration(max(1, k))), timeoutMS, true, p.Dynos,
			schedule.Limits{Min: p.Min, Max: p.Max},
		}
		if i < len(values) {
			b.MS, b.TimedOut = min(values[i], longestMS), false
		}
		r.Beats = append(r.Beats, b)
		r.Summed++
	}
}

// quantile interpolates the response time of a share q of a summary's heartbeats.
func quantile(p history.Point, q float64) float64 {
	switch {
	case q <= 0.5:
		return p.MedianMS
	case q <= 0.95:
		return p.MedianMS + (q-0.5)/0.45*(p.P95MS-p.MedianMS)
	}
	return p.P95MS + (q-0.95)/0.05*(p.MaxMS-p.P95MS)
}

// Interval is the usual time from one heartbeat to the next, in whole seconds of at least one.
func (r *Record) Interval() time.Duration {
	var gaps []time.Duration
	beats := r.Beats[min(r.Summed, len(r.Beats)):]
	if len(beats) < 3 {
		beats = r.Beats
	}
	for i := 1; i < len(beats); i++ {
		gaps = append(gaps, beats[i].Time.Sub(beats[i-1].Time))
	}
	if len(gaps) == 0 {
		return 30 * time.Second
	}
	slices.Sort(gaps)
	return min(max(time.Second, gaps[len(gaps)/2].Round(time.Second)), time.Hour)
}

// Trim leaves out what comes before the bot was seen to beat steadily: of old times only the changes are kept, and an
// hour in which less than half of the minutes are known tells nothing. It returns how long a time it left out.
func (r *Record) Trim() time.Duration {
	if len(r.Beats) == 0 {
		return 0
	}
	apart := max(time.Minute, 2*r.Interval())
	first := r.Beats[0].Time
	for i := range r.Beats {
		known := time.Duration(0)
		for j := i + 1; j < len(r.Beats) && r.Beats[j].Time.Sub(r.Beats[i].Time) < time.Hour; j++ {
			known += min(apart, r.Beats[j].Time.Sub(r.Beats[j-1].Time))
		}
		if known >= min(30*time.Minute, r.End().Sub(r.Beats[i].Time)/2) {
			r.Beats = r.Beats[i:]
			r.Summed = max(0, r.Summed-i)
			break
		}
	}
	return r.Beats[0].Time.Sub(first)
}

// Start is when the minute of the first beat begins, End when that of the last one ends. Both are zero where there is
// none.
func (r *Record) Start() time.Time {
	if len(r.Beats) == 0 {
		return time.Time{}
	}
	return r.Beats[0].Time.Truncate(time.Minute)
}

// End is when the minute of the last beat ends.
func (r *Record) End() time.Time {
	if len(r.Beats) == 0 {
		return time.Time{}
	}
	return r.Beats[len(r.Beats)-1].Time.Truncate(time.Minute).Add(time.Minute)
}

// at is the index of the newest beat at a time or before it, that of the first where there is none.
func (r *Record) at(t time.Time) int {
	i, _ := slices.BinarySearchFunc(r.Beats, t, func(b Beat, t time.Time) int {
		if b.Time.After(t) {
			return 1
		}
		return -1
	})
	return max(0, i-1)
}

// Dynos is how many dynos were asked for at a time.
func (r *Record) Dynos(t time.Time) int {
	if len(r.Beats) == 0 {
		return 1
	}
	return r.Beats[r.at(t)].Dynos
}
