package service

import (
	"context"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// lookEvery is the time between two looks at the settings file. A new content counts once two looks find it the same,
// as editors and copies write a file in several steps.
const lookEvery = time.Second

// end waits for a reload in progress.
func (r *reloader) start() (end func()) {
	var wg sync.WaitGroup
	wg.Go(func() { r.run(r.ctx) })
	return func() {
		r.cancel()
		wg.Wait()
		r.closing.Wait()
	}
}

// Reloads at each request, and whenever the settings file has a new content. It returns when ctx ends.
func (r *reloader) run(ctx context.Context) {
	path := settings.FilePath()
	seen := r.all[0].Content()
	var tick <-chan time.Time
	if again(path) == nil {
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case by := <-r.host.Reload:
			_, _ = r.reload(by) // it is reported
		case <-tick:
			now := settings.ReadFile(path)
			if now.Same(seen) && !r.hasTried(now) {
				_, _ = r.reload("a change of the file")
			}
			seen = now
		}
	}
}

func (r *reloader) hasTried(c settings.FileContent) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return c.Same(r.tried)
}
