package pooltest

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Resize implements [pool.Resizer]. It makes a call for each step, so that it can be interrupted between any two:
// SwitchOff, Resize, SwitchOn. The server is off, or boots again, until Resize returns.
func (w *World) Resize(ctx context.Context, id, size string, progress func(string)) error {
	for {
		step, does := w.resizeStep(id, size)
		switch {
		case step == "":
			return nil
		case does == nil:
			select {
			case <-time.After(max(w.Boot/4, time.Millisecond)):
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		progress(step)
		act, fail := w.enter(ctx, step)
		if act {
			w.mu.Lock()
			if s := w.find(id); s != nil && !s.foreign && s.ended.IsZero() {
				does(s)
			}
			w.mu.Unlock()
		}
		if err := fail(); err != nil {
			return err
		}
	}
}

// An empty step: the server runs and has the size. In the step boot it needs only time.
func (w *World) resizeStep(id, size string) (step string, does func(*server)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	s := w.find(id)
	if s == nil || s.foreign {
		return "", nil
	}
	sized := size == "" || s.Size == size
	switch st := w.state(s, now); {
	case st == pool.Off && !sized:
		return "Resize", func(s *server) { s.Size = size }
	case st == pool.Off:
		return "SwitchOn", func(s *server) { s.State, s.begun = "", time.Now() }
	case st == pool.Making:
		return "boot", nil
	case st == pool.Active && !sized:
		return "SwitchOff", func(s *server) { s.State = pool.Off }
	}
	return "", nil
}
