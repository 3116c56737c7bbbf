package bot

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// idleAfter is how long the bot must have decided nothing, or nothing that the platform took, until people are told.
const idleAfter = 15 * time.Minute

// Undecided says why the tick was no decision on fresh facts that was carried out: the bot was offline, had no data, did not know the number
// of dynos, or the platform refused the change. It is "" where it was one, be it to hold or to leave the app alone.
func (r Record) Undecided() string {
	d := r.Decision
	switch {
	case r.Action == Interrupted:
		return "the bot was told to stop"
	case d.Rule == RuleOffline:
		return "the bot is offline"
	case r.Dynos < 0:
		return "the number of dynos is not known: " + r.Error
	case r.Action == Failed:
		return "the platform refuses the change: " + r.Error
	case d.Rule == RuleLeftAlone || d.Rule == RuleMaintenance:
		return ""
	case d.Says() == NoData:
		return "there is no data: " + r.observed()
	}
	return ""
}

// idle tells of a bot that has decided nothing for long, whatever other notices are wanted.
func (e *tickReport) idle() {
	why := e.r.Undecided()
	if why == "" || e.notified.Decided.IsZero() {
		e.notified.Decided = e.r.Time
	}
	long := e.r.Time.Sub(e.notified.Decided)
	e.incident(notify.NoDecisions, why != "" && long >= idleAfter, why != "", func(Record) string {
		if why == "" {
			return "decisions are taken on fresh data and carried out again"
		}
		return fmt.Sprintf("no decision on fresh data was carried out for %d minutes; %s", int(long.Minutes()), why)
	})
}
