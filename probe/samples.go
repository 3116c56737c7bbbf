package probe

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// SampleOptions say how [Samples] takes several probes, and which of them speaks for all.
type SampleOptions struct {
	// N is how many probes make one reading. Below 2, one prober's reading is taken as it is.
	N int
	// Percentile, above 0 and up to 100, chooses the reading by its nearest rank: 50 is the median (the lower one of an
	// even number), 100 the slowest.
	Percentile float64
	// Fails are the outcomes, other than Answered, that tell of load: they rank above every answer, however slow.
	Fails []Outcome
	// Gap is how long a probe may take before the next one begins beside it. Those that end sooner follow one another,
	// so that they do not slow each other down while the app is well; and an app that is not gets at most one more each
	// Gap. All are done within N-1 gaps and the time of one probe. 0 begins all at once.
	Gap time.Duration
}

// Samples makes a [Prober] whose reading is the one of N probes by p that the percentile chooses. Behind a router that
// gives each request to a random process, one probe sees one process; several see the app.
//
// Probes that tell nothing are left out if at least half of them all do tell something; otherwise the reading is one of
// those that don't, of the commonest outcome if most of them share one. The reading is that of the chosen probe in all
// but its Time, which is when the first one began. The order of the probes makes no difference.
//
// p must be safe for use by several goroutines at once, as a [Heartbeat] is.
func Samples(p Prober, o SampleOptions) Prober {
	if o.N < 2 {
		return p
	}
	return samples{p, o}
}

type samples struct {
	one Prober
	o   SampleOptions
}

func (s samples) Probe(ctx context.Context) Reading {
	readings := make([]Reading, s.o.N)
	var all sync.WaitGroup
	for i := range readings {
		ended := make(chan struct{})
		all.Go(func() {
			defer close(ended)
			readings[i] = s.one.Probe(ctx)
		})
		select {
		case <-ended:
		case <-time.After(s.o.Gap):
		}
	}
	all.Wait()
	return s.o.choose(readings)
}

func (o SampleOptions) choose(all []Reading) Reading {
	var telling, blind []Reading
	first := all[0].Time
	for _, r := range all {
		if r.Time.Before(first) {
			first = r.Time
		}
		if r.Outcome == Answered || o.failed(r) {
			telling = append(telling, r)
		} else {
			blind = append(blind, r)
		}
	}
	var chosen Reading
	if 2*len(telling) >= len(all) {
		slices.SortFunc(telling, o.compare)
		rank := int(math.Ceil(o.Percentile * float64(len(telling)) / 100))
		chosen = telling[min(max(rank, 1), len(telling))-1]
	} else {
		slices.SortFunc(blind, func(a, b Reading) int {
			return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), a.Time.Compare(b.Time))
		})
		chosen = blind[(len(blind)-1)/2] // an outcome that most of them share has the middle of them, too
	}
	chosen.Time = first
	return chosen
}

func (o SampleOptions) failed(r Reading) bool {
	return slices.Contains(o.Fails, r.Outcome)
}

// Answers come before fails, and then the fast before the slow.
func (o SampleOptions) compare(a, b Reading) int {
	switch failed := o.failed(a); {
	case failed == o.failed(b):
		return cmp.Or(cmp.Compare(a.Value, b.Value), a.Time.Compare(b.Time))
	case failed:
		return 1
	}
	return -1
}
