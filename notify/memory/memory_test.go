package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/memory"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	notifytest.Run(t, func(*testing.T) notifytest.Fixture {
		var n memory.Notifier
		return notifytest.Fixture{Notifier: &n, Arrived: func() (all []string) {
			for _, e := range n.Events() {
				all = append(all, e.Subject())
			}
			return all
		}}
	})
}

func TestEventsAreKeptWholeAndForgottenByReset(t *testing.T) {
	var n memory.Notifier
	want := notifytest.Event(notify.Scaled)
	if err := n.Notify(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got := n.Events()
	if len(got) != 1 || got[0] != want {
		t.Errorf("Events = %v", got)
	}
	got[0].ID = "changed by the caller"
	if n.Events()[0] != want {
		t.Error("the caller's slice is the notifier's own")
	}
	n.Reset()
	if got := n.Events(); len(got) != 0 {
		t.Errorf("after Reset, Events = %v", got)
	}
}
