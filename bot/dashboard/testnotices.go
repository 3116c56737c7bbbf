package dashboard

import (
	"context"
	"net/http"
	"strings"
)

// TestNotices sends a test notice to each notifier.
type TestNotices interface {
	// Names are the notifiers' names.
	Names() []string
	// Send sends the notices at once, in the name of who asks. The error names each notifier that failed, and why,
	// without secrets.
	Send(ctx context.Context, by string) error
}

func (d *Dashboard) testsNotices() bool {
	return d.o.Controls != nil && d.o.TestNotices != nil && len(d.o.TestNotices.Names()) > 0
}

func (d *Dashboard) testNotices(w http.ResponseWriter, r *http.Request, v visitor) {
	names := strings.Join(d.o.TestNotices.Names(), ", ")
	d.carryOut(w, r, v, operation{
		question: question{
			Text: "Send a test notice through each notifier?", Action: "test-notices", Yes: "Send",
			Note: "It goes to " + names + ".",
		},
		do:   func(by string) error { return d.o.TestNotices.Send(r.Context(), by) },
		done: "Test notices sent: " + names + ".",
	})
}
