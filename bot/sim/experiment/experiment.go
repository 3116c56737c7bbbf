// Package experiment tries policies and settings on the simulated fleet of bot/sim before they cost money. It reports
// the figures as text, JSON, pictures and a page.
package experiment

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Run simulates the same demand once for each driver, as many at a time as there are processors, and returns the
// results in the order of the drivers. Several goroutines call progress, unless nil, with the share that is done, from
// 0 to 1. No two drivers may share state. Run ends early if ctx does.
func Run(ctx context.Context, o sim.Options, drivers []sim.Driver, progress func(share float64)) ([]sim.Result, error) {
	results := make([]sim.Result, len(drivers))
	m := &meter{parts: make([]float64, len(drivers)), tell: progress}
	length := o.Length
	if length == 0 {
		length = o.Demand.Length()
	}
	err := SideBySide(len(drivers), func(i int) (err error) {
		results[i], err = sim.Run(ctx, o, m.watch(drivers[i], i, length))
		m.done(i, 1)
		return err
	})
	return results, err
}

// SideBySide calls do for 0 to n−1, as many at a time as there are processors, and returns all errors.
func SideBySide(n int, do func(i int) error) error {
	errs := make([]error, n)
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			errs[i] = do(i)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Check returns the error that sim.Run would return for the options and the driver, without a simulation.
func Check(o sim.Options, d sim.Driver) error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := sim.Run(ended, o, d); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

type meter struct {
	mu    sync.Mutex
	parts []float64
	tell  func(float64)
}

// The driver reports its progress to the meter.
func (m *meter) watch(d sim.Driver, i int, length time.Duration) sim.Driver {
	if m.tell == nil {
		return d
	}
	begin := d.Begin
	d.Begin = func(w *sim.World) func(context.Context, time.Time) {
		start, tick := w.Now(), begin(w)
		return func(ctx context.Context, now time.Time) {
			m.done(i, float64(now.Sub(start))/float64(length))
			tick(ctx, now)
		}
	}
	return d
}

func (m *meter) done(i int, part float64) {
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts[i] = part
	sum := 0.0
	for _, p := range m.parts {
		sum += p
	}
	m.tell(sum / float64(len(m.parts)))
}
