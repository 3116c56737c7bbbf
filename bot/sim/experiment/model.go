package experiment

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A Model is an app and its load, as learned from a record.
type Model struct {
	Record   *Record
	Baseline Baseline
	App      App
	Load     Load
	// BootMin and BootMax are the range of boot times.
	BootMin, BootMax time.Duration
	// Timeout is the time after which a heartbeat is given up.
	Timeout time.Duration
}

// Learn fits a model to a record of at least an hour. What known says of the app is kept. ctx ends it early. Several
// goroutines call progress, unless nil, with the share that is done.
func Learn(
	ctx context.Context, r *Record, known App, timeout time.Duration, progress func(share float64),
) (Model, error) {
	if r.End().Sub(r.Start()) < time.Hour || len(r.Beats) < 30 {
		return Model{}, fmt.Errorf("the record has %d usable heartbeats over %v: needs at least 30 over an hour",
			len(r.Beats), r.End().Sub(r.Start()))
	}
	m := Model{Record: r, Baseline: BaselineOf(r), BootMin: 20 * time.Second, BootMax: time.Minute, Timeout: timeout}
	if r.Boot > 0 { // the bot sees a boot end at a heartbeat, up to an interval late
		m.BootMax = max(r.Boot/2, r.Boot-r.Interval())
		m.BootMin = m.BootMax / 3
	}
	var err error
	if m.App, err = m.fit(ctx, known, progress); err == nil {
		m.Load = Infer(r, m.Baseline, m.App)
	}
	return m, err
}

// Fleet returns the app as it is simulated.
func (m Model) Fleet() sim.Fleet {
	f := sim.DefaultFleet()
	f.Slots, f.Service.Mean = m.App.Slots, time.Duration(m.App.Seconds*float64(time.Second))
	f.BootMin, f.BootMax = m.BootMin, m.BootMax
	f.Heartbeat = sim.Heartbeat{
		Service: sim.Service{Mean: max(time.Millisecond, millis(m.Baseline.MeanMS)), CV: m.Baseline.CV},
		Network: millis(m.Baseline.LeastMS), Timeout: m.Timeout,
	}
	f.Dynos = m.Record.Beats[0].Dynos
	return f
}

// Demand returns the load in requests.
func (m Model) Demand() sim.Trace {
	t := sim.Trace{Start: m.Load.Start, Step: time.Minute, Requests: make([]float64, len(m.Load.Middle))}
	for i, load := range m.Load.Middle {
		t.Requests[i] = 60 * load * float64(m.App.Slots) / m.App.Seconds
	}
	return t
}

// The load is known if its likely values lie within this factor.
const vague = 2.5

// Known returns shares of the minutes, from 0 to 1: known, for which the record determines the load within a factor of
// 2.5; unseen, without a heartbeat; and saturated, in which most heartbeats timed out, so that the load may be higher
// without limit.
func (m Model) Known() (known, unseen, saturated float64) {
	n := len(m.Load.Middle)
	seen, timeouts := make([]int, n), make([]int, n)
	for _, b := range m.Record.Beats {
		i := min(n-1, int(b.Time.Sub(m.Load.Start)/time.Minute))
		seen[i]++
		if b.TimedOut {
			timeouts[i]++
		}
	}
	for i := range seen {
		switch {
		case seen[i] == 0:
			unseen++
		case 2*timeouts[i] > seen[i]:
			saturated++
		case m.Load.High[i] <= vague*m.Load.Low[i]:
			known++
		}
	}
	return known / float64(n), unseen / float64(n), saturated / float64(n)
}

// As compares a simulation at the recorded dynos with the record. The first of two numbers is the record's.
type As struct {
	// Slow and Fast are the shares of the heartbeats above and below the thresholds, in per cent. MedianMS and P90MS
	// are percentiles of their times.
	Slow, Fast, MedianMS, P90MS [2]float64
	// HourlySlow is the mean difference of the share of slow heartbeats from hour to hour, in points.
	HourlySlow float64
}

// The heartbeats of a simulation at the recorded dynos.
func (m Model) beats(ctx context.Context, o sim.Options) (beats []Beat, result sim.Result, err error) {
	result, err = sim.Run(ctx, o, sim.Driver{
		Name: "recorded", Interval: m.Record.Interval(),
		Begin: func(w *sim.World) func(context.Context, time.Time) {
			heartbeat := w.Heartbeat()
			return func(ctx context.Context, now time.Time) {
				w.Want(m.Record.Dynos(now))
				r := heartbeat.Probe(ctx)
				if r.Outcome == probe.Answered || r.Outcome == probe.Timeout {
					beats = append(beats, Beat{Time: now, MS: r.Value, TimedOut: r.Outcome == probe.Timeout})
				}
			}
		},
	})
	return beats, result, err
}

// Replay simulates the model at the recorded dynos. result is that of visitors' requests, and as compares the
// heartbeats with the record's. lowMS and highMS are the thresholds.
func (m Model) Replay(ctx context.Context, o sim.Options, lowMS, highMS float64) (result sim.Result, as As, err error) {
	beats, result, err := m.beats(ctx, o)
	if err != nil {
		return result, As{}, err
	}
	for i, b := range [][]Beat{m.Record.Beats, beats} {
		as.Slow[i] = share(b, func(b Beat) bool { return b.TimedOut || b.MS > highMS })
		as.Fast[i] = share(b, func(b Beat) bool { return !b.TimedOut && b.MS < lowMS })
		ms := make([]float64, len(b))
		for j := range b {
			ms[j] = b[j].MS
		}
		slices.Sort(ms)
		as.MedianMS[i], as.P90MS[i] = middle(ms), at(ms, 0.9)
	}
	as.HourlySlow = hourly(m.Record.Beats, beats, highMS)
	return result, as, nil
}

// In per cent.
func share(beats []Beat, is func(Beat) bool) float64 {
	n := 0
	for _, b := range beats {
		if is(b) {
			n++
		}
	}
	return 100 * float64(n) / max(1, float64(len(beats)))
}

// The mean difference of the shares of slow beats, in points, over the hours that both have.
func hourly(a, b []Beat, highMS float64) float64 {
	slow := func(beats []Beat) map[int64][2]float64 {
		out := map[int64][2]float64{}
		for _, b := range beats {
			sum := out[b.Time.Unix()/3600]
			sum[1]++
			if b.TimedOut || b.MS > highMS {
				sum[0]++
			}
			out[b.Time.Unix()/3600] = sum
		}
		return out
	}
	of, other := slow(a), slow(b)
	sum, n := 0.0, 0
	for _, hour := range slices.Sorted(maps.Keys(of)) { // sorted, so that the last digit is the same each time
		if y, ok := other[hour]; ok {
			x := of[hour]
			sum += math.Abs(x[0]/x[1] - y[0]/y[1])
			n++
		}
	}
	return 100 * sum / max(1, float64(n))
}
