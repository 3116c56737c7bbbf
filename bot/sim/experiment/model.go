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

// A Model is an app and its load as a record tells them.
type Model struct {
	Record   *Record
	Baseline Baseline
	App      App
	Load     Load
	// BootMin and BootMax are the range of boot times.
	BootMin, BootMax time.Duration
	// Timeout is after how long a heartbeat is given up.
	Timeout time.Duration
}

// Learn fits a model to a record of an hour or more, an app that is known in part. ctx ends it early.
func Learn(ctx context.Context, r *Record, known App, timeout time.Duration) (Model, error) {
	if r.End().Sub(r.Start()) < time.Hour || len(r.Beats) < 30 {
		return Model{}, fmt.Errorf("the record has %d heartbeats that say something of the load, over %v; an hour of "+
			"them is the least to learn from",
			len(r.Beats), r.End().Sub(r.Start()))
	}
	m := Model{Record: r, Baseline: BaselineOf(r), BootMin: 20 * time.Second, BootMax: time.Minute, Timeout: timeout}
	if r.Boot > 0 { // which the bot sees at a heartbeat, up to an interval late
		m.BootMax = max(r.Boot/2, r.Boot-r.Interval())
		m.BootMin = m.BootMax / 3
	}
	var err error
	if m.App, err = m.fit(ctx, known); err == nil {
		m.Load = Infer(r, m.Baseline, m.App)
	}
	return m, err
}

// Fleet is the app as it is simulated.
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

// Demand is the load in requests.
func (m Model) Demand() sim.Trace {
	t := sim.Trace{Start: m.Load.Start, Step: time.Minute, Requests: make([]float64, len(m.Load.Middle))}
	for i, load := range m.Load.Middle {
		t.Requests[i] = 60 * load * float64(m.App.Slots) / m.App.Seconds
	}
	return t
}

// vague is how many times as much as the lowest the highest likely load is where the record does not tell it.
const vague = 2.5

// Known is the share of the minutes, from 0 to 1, for which the record tells the load within a factor of 2.5; Unseen is
// that of the minutes without a heartbeat, and Saturated that of those whose heartbeats mostly timed out, where the
// load may have been any higher.
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

// As is what a simulation at the recorded dynos shows beside what was recorded.
type As struct {
	// Slow and Fast are the shares of the heartbeats above and below the bounds, in per cent; MedianMS and P90MS their
	// percentiles.
	Slow, Fast, MedianMS, P90MS [2]float64
	// HourlySlow is by how many points the share of the slow ones differs from hour to hour, on average.
	HourlySlow float64
}

// beats simulates the model at the dynos that were recorded, and returns its heartbeats.
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

// Replay simulates the model at the dynos that were recorded. The result is that of the people's requests, and as
// compares the heartbeats with the record's, whose own are the first of each two numbers. lowMS and highMS are the
// bounds.
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

// share is that of the beats for which is holds, in per cent.
func share(beats []Beat, is func(Beat) bool) float64 {
	n := 0
	for _, b := range beats {
		if is(b) {
			n++
		}
	}
	return 100 * float64(n) / max(1, float64(len(beats)))
}

// hourly is by how many points the shares of slow beats differ, hour by hour, on average over the hours that both have.
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
	for _, hour := range slices.Sorted(maps.Keys(of)) { // so that the last digit is the same each time
		if y, ok := other[hour]; ok {
			x := of[hour]
			sum += math.Abs(x[0]/x[1] - y[0]/y[1])
			n++
		}
	}
	return 100 * sum / max(1, float64(n))
}
