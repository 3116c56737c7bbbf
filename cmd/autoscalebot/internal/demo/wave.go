package demo

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A Wave is a load that rises and falls in a sine wave.
type Wave struct {
	// Low and High are the lowest and the highest load, in requests a second.
	Low, High float64
	// Period is the time from one lowest load to the next. The wave starts at Lead after a lowest load.
	Period, Lead time.Duration
	// Patience is the time after which a visitor leaves without an answer; 0 means 3 s.
	Patience time.Duration
}

// Rate returns the load in requests a second, at a time after the start.
func (w Wave) Rate(passed time.Duration) float64 {
	phase := math.Pi * (passed + w.Lead).Seconds() / w.Period.Seconds()
	return w.Low + (w.High-w.Low)*math.Pow(math.Sin(phase), 2)
}

const (
	patience = 3 * time.Second
	crowd    = 600 // visitors of an app at a time
)

// A Tally counts the requests that a wave sent to an app. Failed counts those without a good answer. Slow counts them
// too, and those that took longer than Bound.
type Tally struct {
	Bound             time.Duration
	All, Slow, Failed atomic.Int64
}

func (t *Tally) add(took time.Duration, failed bool) {
	if failed {
		t.Failed.Add(1)
	}
	if failed || t.Bound > 0 && took > t.Bound {
		t.Slow.Add(1)
	}
}

// A Target is an app that gets a wave's requests, and their tally.
type Target struct {
	URL   string
	Tally *Tally
}

// Run sends the wave's requests to each target until ctx ends, and counts them. All targets get each request at the
// same moment. Like visitors, requests do not wait for the answers to earlier ones. Run returns after the last answer
// or timeout.
func (w Wave) Run(ctx context.Context, targets ...Target) {
	if w.Patience == 0 {
		w.Patience = patience
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	var doors []*door
	for _, t := range targets {
		tr := &http.Transport{MaxIdleConnsPerHost: crowd}
		defer tr.CloseIdleConnections()
		client := &http.Client{Transport: tr, Timeout: w.Patience}
		doors = append(doors, &door{Target: t, client: client, room: make(chan struct{}, crowd), visits: &wg})
	}
	start := time.Now()
	const step = 10 * time.Millisecond
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	due := 0.0
	for last := start; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			due += w.Rate(now.Sub(start)) * now.Sub(last).Seconds()
			last = now
		}
		for ; due >= 1; due-- {
			for _, d := range doors {
				d.enter(ctx)
			}
		}
	}
}

// A door admits the visitors of one target.
type door struct {
	Target
	client *http.Client
	room   chan struct{}
	visits *sync.WaitGroup
}

func (d *door) enter(ctx context.Context) {
	d.Tally.All.Add(1)
	select {
	case d.room <- struct{}{}:
	default: // a full app turns visitors away
		d.Tally.add(0, true)
		return
	}
	d.visits.Go(func() {
		defer func() { <-d.room }()
		start := time.Now()
		err := visit(ctx, d.client, d.URL)
		// A request that the end of the run interrupted did not fail, but it may have been slow.
		d.Tally.add(time.Since(start), err != nil && ctx.Err() == nil)
	})
}

func visit(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return err
}
