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

// A Beat is a heartbeat of a record that says something about the load.
type Beat struct {
	Time time.Time
	// MS is the response time in milliseconds, or the time after which it was given up if TimedOut.
	MS       float64
	TimedOut bool
	// Dynos is the number requested when it was sent, at least one.
	Dynos  int
	Limits schedule.Limits
}

// A Record is what a bot saw and did, as far as it is needed to try other settings.
type Record struct {
	// Beats are in order of time.
	Beats []Beat
	// NoData is the number of heartbeats that say nothing about the load. Summed is the number of beats made from a
	// minute's summary, because older heartbeats are not kept.
	NoData, Summed int
	// Boot is the longest usual boot time that the bot has learned; 0 if unknown.
	Boot time.Duration
	// Last is the newest record. Price is the price of a dyno a month according to it.
	Last  record.Record
	Price float64
	// Fails and Passes are the numbers of slow and fast heartbeats that called for a change; 0 if none was seen.
	Fails, Passes decide.Quorum
	// Up and Down are the numbers of dynos that the newest such changes asked for.
	Up, Down int
	// Numbers of scale-ups and scale-downs.
	Ups, Downs int
}

// Milliseconds. No router waits longer.
const longestMS = 120_000

// Add adds a record. It ignores a record that is not newer than all before it.
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

// The heartbeat that stands for a tick: the first of several, because the middle one that decides has another
// distribution than each of them.
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

// Beats that are made from a minute's summary.
const mostInMinute = 60

// AddMinute adds the summary of a minute whose heartbeats are not kept. It must be newer than all before it. Times
// between the percentiles are interpolated. A slow heartbeat without a response time has timed out after timeoutMS.
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

// The interpolated q-quantile of a summary's response times.
func quantile(p history.Point, q float64) float64 {
	switch {
	case q <= 0.5:
		return p.MedianMS
	case q <= 0.95:
		return p.MedianMS + (q-0.5)/0.45*(p.P95MS-p.MedianMS)
	}
	return p.P95MS + (q-0.95)/0.05*(p.MaxMS-p.P95MS)
}

// Interval is the usual time between heartbeats, in whole seconds of at least one.
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

// Trim removes the beats before the bot sent heartbeats steadily, and returns the time that they cover. Of old times
// only changes are kept, and an hour in which less than half of the minutes are known is of no use.
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

// Start is the start of the first beat's minute; zero without beats.
func (r *Record) Start() time.Time {
	if len(r.Beats) == 0 {
		return time.Time{}
	}
	return r.Beats[0].Time.Truncate(time.Minute)
}

// End is the end of the last beat's minute; zero without beats.
func (r *Record) End() time.Time {
	if len(r.Beats) == 0 {
		return time.Time{}
	}
	return r.Beats[len(r.Beats)-1].Time.Truncate(time.Minute).Add(time.Minute)
}

// The index of the newest beat at t or before it; that of the first if all are later.
func (r *Record) at(t time.Time) int {
	i, _ := slices.BinarySearchFunc(r.Beats, t, func(b Beat, t time.Time) int {
		if b.Time.After(t) {
			return 1
		}
		return -1
	})
	return max(0, i-1)
}

// Dynos is the number requested at a time.
func (r *Record) Dynos(t time.Time) int {
	if len(r.Beats) == 0 {
		return 1
	}
	return r.Beats[r.at(t)].Dynos
}
