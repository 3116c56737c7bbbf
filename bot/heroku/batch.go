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
	open *batch // nil where none waits
}

// A batch is the changes of several process types that are asked for together.
type batch struct {
	ctx    context.Context // of the request, which goes on as long as anybody waits for it
	cancel context.CancelFunc
	timer  *time.Timer   // sends it
	done   chan struct{} // closed when there is an answer

	// What came of it. Each means that each change is to be asked for by itself: it is the only one, or Heroku has
	// refused one of them, and with it all.
	list []formation
	each bool
	err  error

	changes []change // guarded by the batches until it is sent, as are the rest
	sent    bool
	waiting int
}

// together asks for a change with those of others that come within a short while. It returns when ctx ends at the
// latest; a change that is not sent by then never is.
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

// join adds a change to the open batch, and sends that if it is whole.
func (a *App) join(ctx context.Context, ch change) *batch {
	most := a.several()
	a.batches.mu.Lock()
	defer a.batches.mu.Unlock()
	if b := a.batches.open; b != nil && slices.ContainsFunc(b.changes, ch.sameType) {
		a.close(b) // two changes of one process type would be in each other's way
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

// leave takes a change out of a batch that is not sent yet, and ends one that nobody waits for any more.
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

// close sends a batch, unless it is sent already. a.batches.mu is held.
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

// changeAll asks for several changes in one request: Heroku makes all or none.
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

// refusesOne reports whether err may be the refusal of one change among several, such as of a number that its dyno
// size doesn't allow.
func refusesOne(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false // which is about the account
	}
	return e.Status/100 == 4
}
