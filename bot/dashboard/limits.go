package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func (d *Dashboard) setLimits(w http.ResponseWriter, r *http.Request, v visitor) {
	l, err := d.readLimits(r.FormValue("min"), r.FormValue("max"))
	from, until, perr := d.readPeriod(r.FormValue("from"), r.FormValue("until"), time.Now())
	if err = errors.Join(err, perr); err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, oneLine(err))
		return
	}
	now := time.Now().In(d.o.Zone)
	period := "until " + at(until, now)
	if !from.IsZero() {
		period = "from " + at(from, now) + " " + period
	}
	limits := fmt.Sprintf("%s %s", between(l.Min, l.Max), d.o.Unit.Many())
	q := question{
		Text: fmt.Sprintf("Set limits of %s %s?", limits, period), Action: "limits", Yes: "Set limits",
		Note: "The bot keeps deciding by itself, within these limits.",
		Fields: []choice{
			{"min", strconv.Itoa(l.Min)},
			{"max", strconv.Itoa(l.Max)},
			{"from", stampOf(from)},
			{"until", stampOf(until)},
		},
	}
	if d.o.DryRun {
		q.Note = "This is a dry run: the bot only reports what it would do."
	}
	d.carryOut(w, r, v, operation{
		question: q,
		do:       func(by string) error { return d.o.Controls.OverrideLimits(l, from, until, by) },
		done:     fmt.Sprintf("Limits set: %s %s.", limits, period),
	})
}

func (d *Dashboard) readLimits(low, high string) (schedule.Limits, error) {
	l := schedule.Limits{}
	var err, herr error
	l.Min, err = strconv.Atoi(low)
	l.Max, herr = strconv.Atoi(high)
	if err != nil || herr != nil || l.Min < 0 || l.Max < 0 {
		return l, fmt.Errorf("the limits must be whole numbers of %s", d.o.Unit.Many())
	}
	return l, nil
}

// An empty from is now, and zero. The end is read as seen from the begin: mon 8:00 is the next one after it, and 3 days
// are 3 days later.
func (d *Dashboard) readPeriod(begin, end string, now time.Time) (from, until time.Time, err error) {
	seen := when.Reader{Now: now, Zone: d.o.Zone, Toward: when.Future}
	if begin != "" && begin != "now" {
		m, err := seen.Moment(begin)
		if err != nil {
			return from, until, fmt.Errorf("from: %w", err)
		}
		from, seen.Now = m.Time, m.Time
	}
	if end == "" {
		return from, until, errors.New(`the end is missing; use a time such as "mon 8:00", or 3 days`)
	}
	m, err := seen.Moment(end)
	if err != nil {
		return from, until, fmt.Errorf("until: %w", err)
	}
	return from, m.Time, nil
}

// The moments of the question must not be read again as words: friday would be another one at midnight.
func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
