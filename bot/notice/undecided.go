package notice

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// undecidedAfter is the time without a decision that was carried out after which an incident opens.
const undecidedAfter = 15 * time.Minute

// This incident is reported whatever notices are selected.
func (e *tickReport) undecided() {
	why := e.r.Undecided()
	if why == "" || e.notified.Decided.IsZero() {
		e.notified.Decided = e.r.Time
	}
	long := e.r.Time.Sub(e.notified.Decided)
	e.incident(notify.NoDecisions, why != "" && long >= undecidedAfter, why != "", func(record.Record) string {
		if why == "" {
			return "the bot decides on fresh data again"
		}
		return fmt.Sprintf("the bot has carried out no decision on fresh data for %d minutes: %s",
			int(long.Minutes()), why)
	})
}
