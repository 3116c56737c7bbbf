package experiment

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

const (
	// The app is fitted to at most fitTime of a record, in parts of partTime.
	fitTime  = 9 * time.Hour
	partTime = 3 * time.Hour
	// Requests per second that a dyno may serve at most, so that a fit does not take minutes.
	mostRate = 120
)

// The slots and the mean time of service for which a simulation at the recorded dynos, under the load inferred with
// them, makes heartbeats wait most like those of the record. Values above zero in known are kept.
//
// A record determines the ratio of the two numbers better than each of them. If it leaves both open, 5 slots and 100 ms
// are likely, as common web servers have them.
func (m Model) fit(ctx context.Context, known App, progress func(share float64)) (App, error) {
	var apps []App
	for _, c := range or(known.Slots, 1, 2, 5, 10, 20) {
		for _, s := range or(known.Seconds, 0.05, 0.1, 0.2, 0.4) {
			if float64(c)/s < mostRate || known.Slots > 0 && known.Seconds > 0 {
				apps = append(apps, App{c, s})
			}
		}
	}
	if len(apps) == 0 {
		return App{cmp.Or(known.Slots, 5), cmp.Or(known.Seconds, 0.1)}, nil
	}
	if len(apps) == 1 {
		return apps[0], nil
	}
	parts := m.busiest()
	scores := make([]float64, len(apps))
	done := &meter{parts: make([]float64, len(apps)), tell: progress}
	if err := SideBySide(len(apps), func(i int) (err error) {
		scores[i], err = m.unlike(ctx, parts, apps[i])
		done.done(i, 1)
		return err
	}); err != nil {
		return App{}, err
	}
	best := 0
	for i := range apps {
		if scores[i] < scores[best] {
			best = i
		}
	}
	return apps[best], nil
}

func or[T comparable](known T, may ...T) []T {
	var zero T
	if known != zero {
		return []T{known}
	}
	return may
}

// How little a simulation of an app resembles parts of the record, by the distribution of heartbeats' waits, and of two
// waits in a row.
func (m Model) unlike(ctx context.Context, parts []*Record, a App) (float64, error) {
	var recorded, simulated pairs
	for _, p := range parts {
		m.Record, m.App = p, a
		m.Load = Infer(p, m.Baseline, a)
		beats, _, err := m.beats(ctx, m.Options())
		if err != nil {
			return 0, err
		}
		recorded.add(p.Beats, m.Baseline)
		simulated.add(beats, m.Baseline)
	}
	far, off := math.Log(float64(a.Slots)/5), math.Log(a.Seconds/0.1)
	const prior = 0.003
	return recorded.distance(simulated) + prior*(far*far+off*off/2), nil
}

const levels = 6

// Counts of heartbeats by their wait and that of the one before.
type pairs [levels * levels]float64

func (p *pairs) add(beats []Beat, baseline Baseline) {
	first := max(0.05, (baseline.HighMS-baseline.MedianMS)/1000)
	before := 0
	for i, b := range beats {
		wait, level := (b.MS-baseline.MedianMS)/1000, 0
		for x := first; x <= wait && level < levels-1; x *= 3 {
			level++
		}
		if i > 0 {
			p[before*levels+level]++
		}
		before = level
	}
}

// Hellinger's distance, squared and doubled: 0 for equal shares, 2 for nothing in common.
func (p *pairs) distance(q pairs) float64 {
	np, nq, sum := 0.0, 0.0, 0.0
	for i := range p {
		np += p[i]
		nq += q[i]
	}
	for i := range p {
		d := math.Sqrt(p[i]/max(1, np)) - math.Sqrt(q[i]/max(1, nq))
		sum += d * d
	}
	return sum
}

// The parts of the record in which most heartbeats waited; always including the first.
func (m Model) busiest() []*Record {
	type part struct {
		beats []Beat
		share float64
	}
	var parts []part
	all := m.Record.Beats
	for from := 0; from < len(all); {
		to, waited := from, 0.0
		for to < len(all) && all[to].Time.Sub(all[from].Time) < partTime {
			if all[to].MS > m.Baseline.HighMS && !all[to].TimedOut {
				waited++
			}
			to++
		}
		if all[to-1].Time.Sub(all[from].Time) > partTime/4 || len(parts) == 0 {
			parts = append(parts, part{all[from:to], waited / float64(to-from)})
		}
		from = to
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.share, a.share) })
	var out []*Record
	for _, p := range parts[:min(len(parts), int(fitTime/partTime))] {
		out = append(out, &Record{Beats: p.beats, Boot: m.Record.Boot})
	}
	return out
}

// Options returns the options of a simulation of the model.
func (m Model) Options() sim.Options {
	return sim.Options{Demand: m.Demand(), Fleet: m.Fleet(), Start: m.Load.Start, Limits: m.Record.limits(), Seed: 1}
}
