package record_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

var noon = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

// A change that the bot discovers is logged like others.
func TestAChangeThatIsFoundMadeIsLogged(t *testing.T) {
	for _, d := range []decide.Decision{
		{FoundChanges: decide.FoundChanges{Completed: &decide.Completed{From: 1, To: 2, Asked: noon}}},
		{FoundChanges: decide.FoundChanges{CompletedSize: &decide.CompletedSize{From: "standard-1x", To: "standard-2x", Asked: noon}}},
	} {
		var out strings.Builder
		log := record.LogTo(slog.New(slog.NewTextHandler(&out, nil)), 0)
		r := record.Record{Time: noon, Dynos: 2, Action: record.Held}
		for _, r.Decision = range []decide.Decision{{}, d, {}} {
			r.Decision.Rule, r.Decision.From, r.Decision.To = decide.RuleHold, 2, 2
			if err := log.Record(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(out.String(), "was made although"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, out.String())
		}
	}
}
