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
	// Period is the time from one lowest load to the next.
	Period time.Duration
}

// Rate returns the load in requests a second, at a time after the start at the lowest load.
func (w Wave) Rate(passed time.Duration) float64 {
	phase := math.Pi * passed.Seconds() / w.Period.Seconds()
	return w.Low + (w.High-w.Low)*math.Pow(math.Sin(phase), 2)
}

const (
	patience = 3 * time.Second
	crowd    = 600
)

// A Tally counts a wave's finished requests, and those of them without a good answer.
type Tally struct{ All, Failed atomic.Int64 }

// Run sends the wave's requests to url until ctx ends, and counts them. Like visitors, requests do not wait for the
// answers to earlier ones. Run returns after the last answer or timeout.
func (w Wave) Run(ctx context.Context, url string, tally *Tally) {
	tr := &http.Transport{MaxIdleConnsPerHost: crowd}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: patience}
	room := make(chan struct{}, crowd)
	var wg sync.WaitGroup
	defer wg.Wait()
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
			select {
			case room <- struct{}{}:
				wg.Go(func() {
					if err := visit(ctx, client, url); ctx.Err() == nil {
						tally.All.Add(1)
						if err != nil {
							tally.Failed.Add(1)
						}
					}
					<-room
				})
			default: // the crowd is at its maximum: this visitor does not come
			}
		}
	}
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
