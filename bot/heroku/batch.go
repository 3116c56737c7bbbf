package heroku

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

const batchWait = 75 * time.Millisecond

type batches struct {
	mu   sync.Mutex
	open *batch // nil if no batch waits
}

// The changes of several process types in one request.
type batch struct {
	ctx    context.Context // of the request, which continues as long as somebody waits for it
	cancel context.CancelFunc
	timer  *time.Timer   // sends it
	done   chan struct{} // closed when there is an answer

	// The result. each: every change must be sent by itself, because it is the only one, or because Heroku refused one
	// of them and so all.
	list []formation
	each bool
	err  error

	changes []change // this and the rest are guarded by batches.mu until it is sent
	sent    bool
	waiting int
}

// Sends a change with those of others that come within batchWait. It returns no later than ctx ends; a change not sent
// by then is never sent.
func (a *App) together(ctx context.Context, ch change) (list []formation, each bool, err error) {
	if ctx.Err() != nil {
		return nil, false, a.client.transport.Ended(ctx)
	}
	b := a.join(ctx, ch)
	select {
	case <-b.done:
		return b.list, b.each, b.err
	case <-ctx.Done():
		a.leave(b, ch)
		return nil, false, a.client.transport.Ended(ctx)
	}
}

// The batch is sent at once if it is complete.
func (a *App) join(ctx context.Context, ch change) *batch {
	most := a.several()
	a.batches.mu.Lock()
	defer a.batches.mu.Unlock()
	if b := a.batches.open; b != nil && slices.ContainsFunc(b.changes, ch.sameType) {
		a.close(b) // two changes of one process type would conflict
	}
	b := a.batches.open
	if b == nil {
		b = &batch{done: make(chan struct{})}
		b.ctx, b.cancel = context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		b.timer = time.AfterFunc(batchWait, func() {
			a.batches.mu.Lock()
			defer a.batches.mu.Unlock()
			a.close(b)
		})
		a.batches.open = b
	}
	b.changes = append(b.changes, ch)
	b.waiting++
	if len(b.changes) >= most {
		a.close(b)
	}
	return b
}

func (ch change) sameType(other change) bool { return ch.Type == other.Type }

// A change that was not sent yet is withdrawn. A batch without waiters ends.
func (a *App) leave(b *batch, ch change) {
	a.batches.mu.Lock()
	defer a.batches.mu.Unlock()
	b.waiting--
	if !b.sent {
		b.changes = slices.DeleteFunc(b.changes, ch.sameType)
	}
	if b.waiting == 0 {
		b.cancel()
		a.close(b)
	}
}

// A batch is sent once. a.batches.mu must be held.
func (a *App) close(b *batch) {
	if b.sent {
		return
	}
	b.sent = true
	b.timer.Stop()
	if a.batches.open == b {
		a.batches.open = nil
	}
	if len(b.changes) < 2 {
		b.each = true
		b.cancel()
		close(b.done)
		return
	}
	go func() {
		defer b.cancel()
		b.list, b.err = a.client.changeAll(b.ctx, b.changes)
		b.each = refusesOne(b.err)
		close(b.done)
	}()
}

// Heroku makes all of the changes or none.
func (c *client) changeAll(ctx context.Context, changes []change) (list []formation, err error) {
	err = c.call(ctx, func(ctx context.Context) error {
		body := struct {
			Updates []change `json:"updates"`
		}{changes}
		if err := c.service.Patch(ctx, &list, "/apps/"+c.app+"/formation", body); err != nil {
			return err
		}
		if list == nil {
			return errors.New("it has no list of process types")
		}
		return nil
	})
	return list, err
}

// A 4xx may be about one change among several, such as a number that its dyno size does not allow.
func refusesOne(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false // about the account
	}
	return e.Status/100 == 4
}
