package notifytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Joining returns an event of kind k with all fields set except those of an incident, so it Joins in every
// [notify.BatchNotifier].
func Joining(k notify.Kind) notify.Event {
	e := Event(k)
	e.ID, e.Phase, e.Incident, e.Since = "evt_"+string(k), "", "", time.Time{}
	return e
}

// An opening event joins in every notifier too.
func opening(k notify.Kind) notify.Event {
	e := Joining(k)
	e.Phase, e.Incident, e.Since = notify.Opened, "inc_"+string(k), e.Time
	return e
}

func batches(t *testing.T, f Fixture) notify.BatchNotifier {
	t.Helper()
	n, ok := f.Notifier.(notify.BatchNotifier)
	if ok != f.Batches {
		t.Fatalf("it sends several events in one message: %v, want %v", ok, f.Batches)
	}
	if !ok {
		t.Skip("it sends every event by itself")
	}
	return n
}

func batch(t *testing.T, f Fixture) {
	n := batches(t, f)
	b := notify.Batch{Joining(notify.Scaled), opening(notify.NeedsExceedMax), opening(notify.HeartbeatUnreachable)}
	for _, e := range b {
		if !n.Joins(e) {
			t.Errorf("%s %s does not join", e.Kind, e.Phase)
		}
	}
	if err := n.NotifyAll(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := f.Arrived()
	if len(got) != 1 {
		t.Fatalf("%d notices arrived, want 1", len(got))
	}
	rest := got[0]
	if !strings.Contains(rest, "3 notices") {
		t.Errorf("the notice does not say how many events it has:\n%s", rest)
	}
	_, rest, _ = strings.Cut(rest, "more\n") // the rest of the subject, which names one of the events
	for _, e := range b {
		_, after, ok := strings.Cut(rest, e.Subject())
		if !ok {
			t.Errorf("the notice does not hold %q in its place:\n%s", e.Subject(), got[0])
		}
		rest = after
	}
}

func longestBatch(t *testing.T, f Fixture) {
	n := batches(t, f)
	var b notify.Batch
	for i := range notify.MaxBatch {
		e := Joining(notify.Scaled)
		e.ID, e.ProcessType, e.Reason = fmt.Sprint("e", i), fmt.Sprintf("web-%d-", i)+strings.Repeat("x", 100),
			strings.Repeat("ü\r\n.\r\n<!channel> ", 1000)
		b = append(b, e)
	}
	if err := n.NotifyAll(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := f.Arrived()
	if len(got) != 1 {
		t.Fatalf("%d notices arrived, want 1", len(got))
	}
	for i := range b {
		if !strings.Contains(got[0], fmt.Sprintf("web-%d-", i)) {
			t.Errorf("event %d of %d is missing:\n%s", i+1, len(b), got[0])
		}
	}
}

func batchEndedContext(t *testing.T, f Fixture) {
	n := batches(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := n.NotifyAll(ctx, notify.Batch{Joining(notify.Scaled), Joining(notify.Ping)})
	wantError(t, f, err)
	if got := f.Arrived(); !errors.Is(err, context.Canceled) || len(got) != 0 {
		t.Errorf("the error %v is not context.Canceled, or some of the %d notices arrived", err, len(got))
	}
}

func batchHangs(t *testing.T, f Fixture) {
	n := batches(t, f)
	if f.Hang == nil {
		t.Skip("nothing can hang here")
	}
	f.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := n.NotifyAll(ctx, notify.Batch{Joining(notify.Scaled), Joining(notify.Ping)})
	if d := time.Since(start); d > waitTime {
		t.Errorf("NotifyAll returned %v after its context had ended", d-100*time.Millisecond)
	}
	wantError(t, f, err)
	if !errors.Is(err, context.DeadlineExceeded) || notify.IsPermanent(err) {
		t.Errorf("the error %v is not context.DeadlineExceeded, or it is permanent", err)
	}
}

func batchRefused(t *testing.T, f Fixture) {
	n := batches(t, f)
	if f.Refuse == nil {
		t.Skip("nothing can be refused here")
	}
	f.Refuse()
	wantError(t, f, n.NotifyAll(t.Context(), notify.Batch{Joining(notify.Scaled), Joining(notify.Ping)}))
}
