package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/when"
)

// A period is what the charts and the decisions show, as in the page's URL.
type period struct {
	From, To time.Time     // a fixed period; zero for one that follows the newest heartbeat
	Last     time.Duration // the length of a following one; 0 for the charts' initial length
	At       time.Time     // a selected moment; zero for none
}

// Invalid values are ignored.
func readPeriod(q url.Values) period {
	var p period
	from, err := time.Parse(time.RFC3339, q.Get("from"))
	to, terr := time.Parse(time.RFC3339, q.Get("to"))
	if length := to.Sub(from); err == nil && terr == nil && length >= shortestRange && length <= longestRange {
		p.From, p.To = from, to
	}
	if s, err := strconv.Atoi(q.Get("last")); err == nil && p.From.IsZero() {
		if last := time.Duration(s) * time.Second; last >= shortestRange && last <= longestRange {
			p.Last = last
		}
	}
	if at, err := time.Parse(time.RFC3339, q.Get("at")); err == nil {
		p.At = at
	}
	return p
}

func (p period) live() bool { return p.From.IsZero() && p.At.IsZero() }

// The values are in the order of the URL; empty ones are left out of it.
func (p period) fields() []choice {
	out := []choice{{"from", ""}, {"to", ""}, {"last", ""}, {"at", ""}}
	if !p.From.IsZero() {
		out[0].Text, out[1].Text = second(p.From), second(p.To)
	}
	if p.Last > 0 {
		out[2].Text = strconv.Itoa(int(p.Last.Seconds()))
	}
	if !p.At.IsZero() {
		out[3].Text = second(p.At)
	}
	return out
}

func second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// The charts of a moment outside their initial period show as much around it.
func (p period) charted(initial time.Duration, now time.Time) period {
	if p.At.IsZero() || !p.From.IsZero() || p.Last > 0 || now.Sub(p.At) < initial {
		return p
	}
	p.From, p.To = p.At.Add(-initial/2), p.At.Add(initial/2)
	return p
}

// In words; empty for a period that follows.
func (p period) text(zone *time.Location) string {
	const minute = "2 January 2006 15:04"
	switch {
	case !p.At.IsZero():
		return "around " + p.At.In(zone).Format(minute+":05")
	case !p.From.IsZero():
		from, to := p.From.In(zone), p.To.In(zone)
		if from.Format("2 January 2006") == to.Format("2 January 2006") {
			return fmt.Sprintf("from %s to %s", from.Format(minute), to.Format("15:04"))
		}
		return fmt.Sprintf("from %s to %s", from.Format(minute), to.Format(minute))
	}
	return ""
}

const longestMoment = 60 // characters

// A text such as "yesterday 15:00" leads to the page of that moment.
func (d *Dashboard) jump(w http.ResponseWriter, r *http.Request, _ visitor) {
	m, err := when.Reader{Now: time.Now(), Zone: d.o.Zone}.Moment(r.URL.Query().Get("time"))
	if err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	http.Redirect(w, r, d.home()+"?"+url.Values{"at": {second(m.Time)}}.Encode()+"#over-time", http.StatusSeeOther)
}
