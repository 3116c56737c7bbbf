package probe

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// SampleOptions configure [Samples].
type SampleOptions struct {
	// N is the number of probes in one reading. Below 2, Samples returns the prober itself.
	N int
	// Percentile, above 0 and up to 100, selects the reading by nearest rank: 50 is the median (the lower of two), 100
	// the slowest.
	Percentile float64
	// Fails are the outcomes besides Answered that indicate load. They rank above every answer, however slow.
	Fails []Outcome
	// Gap is the time after which the next probe begins even if the last one has not ended. Faster probes run one after
	// another, so they do not queue behind each other while the app is well. A slow app gets at most one more in each
	// Gap. All end within N-1 gaps and the time of one probe. 0 begins all at once.
	Gap time.Duration
}

// Samples returns a [Prober] that takes N probes with p, and whose reading is the one at the percentile. Behind a
// router that sends each request to a random process, one probe sees one process; several see the app.
//
// Probes that do not indicate load either way are ignored if they are at most half of all. Otherwise the reading is one
// of those, with the most common outcome if most of them share one. The reading is the chosen probe's, except for Time,
// which is when the first probe began. The order of the probes makes no difference.
//
// p must be safe for concurrent use, as a [Heartbeat] is.
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

// CloseIdleConnections does so for a prober that can.
func (s samples) CloseIdleConnections() {
	if c, ok := s.one.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
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
	var usable, noData []Reading
	first := all[0].Time
	for _, r := range all {
		if r.Time.Before(first) {
			first = r.Time
		}
		if r.Outcome == Answered || o.failed(r) {
			usable = append(usable, r)
		} else {
			noData = append(noData, r)
		}
	}
	var chosen Reading
	if 2*len(usable) >= len(all) {
		slices.SortFunc(usable, o.compare)
		rank := int(math.Ceil(o.Percentile * float64(len(usable)) / 100))
		chosen = usable[min(max(rank, 1), len(usable))-1]
	} else {
		slices.SortFunc(noData, func(a, b Reading) int {
			return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), a.Time.Compare(b.Time))
		})
		chosen = noData[(len(noData)-1)/2] // if most share an outcome, the middle one has it
	}
	chosen.Time = first
	return chosen
}

func (o SampleOptions) failed(r Reading) bool {
	return slices.Contains(o.Fails, r.Outcome)
}

// Answers sort before fails, and faster before slower.
func (o SampleOptions) compare(a, b Reading) int {
	switch failed := o.failed(a); {
	case failed == o.failed(b):
		return cmp.Or(cmp.Compare(a.Value, b.Value), a.Time.Compare(b.Time))
	case failed:
		return 1
	}
	return -1
}
