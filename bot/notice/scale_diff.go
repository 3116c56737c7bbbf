package notice

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Sized is a number of dynos and the time since when there are that many.
type Sized struct {
	Since time.Time `json:"since"`
	Dynos int       `json:"dynos"`
}

// After an event, counting starts again from the present number.
func (t *Reporter) scaleDiff(r record.Record) []notify.Event {
	t.notified.Sizes = within(t.notified.Sizes, Sized{r.Time, r.After()}, t.want.ScaleDiffPeriod)
	first := t.notified.Sizes[0].Dynos
	least, most := first, first
	for _, s := range t.notified.Sizes {
		least, most = min(least, s.Dynos), max(most, s.Dynos)
	}
	if most-least <= t.want.ScaleDiff {
		return nil
	}
	e := event(r, notify.ScaleDiffExceeded,
		fmt.Sprintf("between %d and %s within %g minutes, a change of more than %d",
			least, r.Of(most), t.want.ScaleDiffPeriod.Minutes(), t.want.ScaleDiff))
	e.From, e.To = first, r.After()
	t.notified.Sizes = t.notified.Sizes[len(t.notified.Sizes)-1:]
	return []notify.Event{e}
}

func within(sizes []Sized, newest Sized, period time.Duration) []Sized {
	if n := len(sizes); n == 0 || sizes[n-1].Dynos != newest.Dynos {
		sizes = append(sizes, newest)
	}
	begin := newest.Since.Add(-period)
	for len(sizes) > 1 && !sizes[1].Since.After(begin) {
		sizes = sizes[1:]
	}
	return sizes
}
