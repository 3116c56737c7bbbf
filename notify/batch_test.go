package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

func TestABatchHasASubjectThatSaysHowMany(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	scaled := notify.Event{Kind: notify.Scaled, App: "forest", ProcessType: "web", From: 2, To: 3, Time: at}
	opened := notify.Event{Kind: notify.LeftAlone, App: "forest", ProcessType: "web", Phase: notify.Opened, Time: at}
	resolved := notify.Event{Kind: notify.Offline, App: "forest", Phase: notify.Resolved, Time: at, Since: at.Add(-time.Hour)}
	elsewhere := scaled
	elsewhere.App = "meadow"
	nameless := scaled
	nameless.App = ""
	for _, c := range []struct {
		batch notify.Batch
		want  string
	}{
		{notify.Batch{scaled, scaled, scaled}, "forest: 3 notices: web scaled 2 → 3, and 2 more"},
		{notify.Batch{scaled, resolved, opened, opened}, "forest: 4 notices: web is at 0 dynos, so the bot leaves it alone, and 3 more"},
		{notify.Batch{resolved, scaled}, "forest: 2 notices: resolved: the bot is online again (after 1 h), and 1 more"},
		{notify.Batch{elsewhere, scaled}, "2 notices: meadow: web scaled 2 → 3, and 1 more"},
		{notify.Batch{nameless, nameless}, "2 notices: web scaled 2 → 3, and 1 more"},
		{notify.Batch{scaled}, "forest: web scaled 2 → 3"},
	} {
		if got := c.batch.Subject(); got != c.want {
			t.Errorf("the subject is %q, want %q", got, c.want)
		}
	}
	evil := notify.Event{Kind: "a\r\nb", App: "x\r\nBcc: y", ProcessType: strings.Repeat("z\n", 999)}
	if got := (notify.Batch{evil, evil}).Subject(); strings.ContainsAny(got, "\r\n") || len(got) > 1000 {
		t.Errorf("the subject of strange events is %q", got)
	}
}
