package console_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/console"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	notifytest.Run(t, func(*testing.T) notifytest.Fixture {
		var out bytes.Buffer // the notifier must guard it
		w := &breakable{Writer: &out}
		return notifytest.Fixture{
			Notifier: console.New(w),
			Arrived:  func() []string { return strings.Split(out.String(), "\n")[:strings.Count(out.String(), "\n")] },
			Vanish:   func() { w.broken = true },
		}
	})
}

type breakable struct {
	io.Writer
	broken bool
}

func (b *breakable) Write(p []byte) (int, error) {
	if b.broken {
		return 0, io.ErrClosedPipe
	}
	return b.Writer.Write(p)
}

func TestALineHoldsTimeSubjectAndReason(t *testing.T) {
	for _, c := range []struct {
		event notify.Event
		want  string
	}{
		{
			notifytest.Event(notify.ScaleFailed),
			"2026-03-01T12:00:00Z dancing-forest: web still could not be scaled 2 → 3 (for 1 h 5 min) — 3 heartbeats in a row slower than 1000 ms (the last took 1534 ms) — Raise MAX_DYNOS.\n",
		},
		{notify.Event{Kind: notify.Test, App: "a\nb"}, "0001-01-01T00:00:00Z a b: this is a test notice\n"},
	} {
		var out bytes.Buffer
		if err := console.New(&out).Notify(t.Context(), c.event); err != nil {
			t.Error(err)
		}
		if out.String() != c.want {
			t.Errorf("got  %swant %s", out.String(), c.want)
		}
	}
}

func TestAWriterThatFails(t *testing.T) {
	err := console.New(&breakable{broken: true}).Notify(t.Context(), notify.Event{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Notify = %v", err)
	}
}
