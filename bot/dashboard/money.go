package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

const (
	// hastyAge is for sums that lack the newest heartbeat, failureAge for those that could not be made.
	billAge    = time.Minute
	hastyAge   = 10 * time.Second
	failureAge = 5 * time.Second
	// The history has a heartbeat after so long at the latest.
	historyLag = 1500 * time.Millisecond
	// a month has one point an hour
	monthPoints = 31 * 24
)

// Every page asks for the sums.
type bills struct {
	turn chan struct{} // holds one while the rest is asked for or changed
	made time.Time
	bill bill
	err  error
}

// then is when the sums were made, or could not be. The newest heartbeat came at newest.
func (b *bills) fresh(now, newest time.Time) bool {
	most, kept := billAge, newest.Add(historyLag)
	switch {
	case b.err != nil:
		most = failureAge
	case b.made.Before(kept) && !now.Before(kept):
		return false
	case b.made.Before(kept):
		most = hastyAge
	}
	age := now.Sub(b.made)
	return !b.made.IsZero() && age >= 0 && age < most
}

type bill struct {
	Figures []costs
	Note    string
	Days    []dayBar
	Length  int // days of the month
}

func (b bill) Box() string { return fmt.Sprintf("0 0 %d 41", b.Length) }

type costs struct {
	Name, Value, Note string
	Tone              tone
}

// as wide as 1 and at most 40 high
type dayBar struct {
	X, Y, Height string
	Text         string
}

func (d *Dashboard) moneyPart(w http.ResponseWriter, r *http.Request, _ visitor) {
	b, err := d.bill(r.Context(), time.Now())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.render(w, r, http.StatusOK, moneyPart(b))
}

// Sums of less than a minute ago are taken if they hold the newest heartbeat. They are made once for all who ask.
func (d *Dashboard) bill(ctx context.Context, now time.Time) (bill, error) {
	select {
	case d.bills.turn <- struct{}{}:
		defer func() { <-d.bills.turn }()
	case <-ctx.Done():
		return bill{}, ctx.Err()
	}
	if !d.bills.fresh(now, d.hub.newestAt()) {
		// Others wait for the same sums, so they are made even if who asked first hangs up.
		d.bills.bill, d.bills.err = d.sumUp(context.WithoutCancel(ctx), now.UTC())
		d.bills.made = now
	}
	return d.bills.bill, d.bills.err
}

func (d *Dashboard) sumUp(ctx context.Context, now time.Time) (bill, error) {
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	s, err := ask(ctx, d, func(ctx context.Context) (history.Series, error) {
		return d.o.History.Points(ctx, month, month.AddDate(0, 1, 0), monthPoints)
	})
	if err != nil {
		return bill{}, err
	}
	last, _ := d.hub.newest()
	m := sum(s)
	m.now, m.month, m.dynos, m.noHeartbeat = now, month, last.After(), d.o.NoHeartbeat
	return m.bill(d.price(last), d.o.State().Spend, last.Decision.Bill), nil
}

// in dollars a month, 0 where it is not known
func (d *Dashboard) price(last record.Record) float64 {
	return cmp.Or(last.Price, d.o.Policy.Price)
}

// as far as the history knows
type monthSum struct {
	now, month time.Time
	first      time.Time
	ran        float64 // in dyno-seconds
	watched    float64 // in seconds
	most       int     // the highest maximum
	dynos      int     // that run now, -1 if unknown
	days       [31]float64
	seen       [31]float64 // in seconds
	// Readings are counted, and not heartbeats.
	noHeartbeat bool
}

func sum(s history.Series) monthSum {
	var m monthSum
	for i, p := range s.Points {
		if i == 0 {
			m.first = p.Time.UTC()
		}
		m.ran, m.watched, m.most = m.ran+p.DynoSeconds, m.watched+p.Seconds, max(m.most, p.Max)
		day := p.Time.UTC().Day() - 1
		m.days[day] += p.DynoSeconds
		m.seen[day] += p.Seconds
	}
	return m
}

// price is a dyno's a month, spend what the bot has counted itself, last the last tick's bill, which may be nil.
func (m monthSum) bill(price float64, spend decide.Spend, last *decide.Bill) bill {
	end := m.month.AddDate(0, 1, 0)
	whole := end.Sub(m.month).Seconds()
	from, ran, watched := m.first, m.ran, m.watched
	bySpend := spend.Month.Equal(m.month) && price > 0 && (watched <= 0 || !spend.From.After(from))
	if bySpend { // which counts also the time for which there is no history
		from, ran, watched = spend.From, spend.Dollars/price*whole, spend.At.Sub(spend.From).Seconds()
	}
	b := bill{Days: m.bars(), Length: end.AddDate(0, 0, -1).Day()}
	switch {
	case watched <= 0 && !m.first.IsZero():
		b.Note = "Sums begin when the number of dynos is known at two " + readings(m.noHeartbeat) + " in a row."
		return b
	case watched <= 0:
		b.Note = "There were " + nothing(m.noHeartbeat) + ": the history of this month is empty."
		return b
	}
	fixed, rest := float64(m.most)*watched, end.Sub(m.now).Seconds()
	write := func(dynoSeconds float64) string { return grouped(dynoSeconds/3600, 0) + " dyno-hours" }
	if price > 0 {
		write = func(dynoSeconds float64) string { return dollars(dynoSeconds * price / whole) }
	} else {
		b.Note = "What a dyno costs is not known, so hours are shown. "
	}
	since := "since " + from.Format("2 January")
	b.Figures = append(b.Figures, costs{Name: "This month so far", Value: write(ran), Note: since, Tone: calm})
	if m.dynos >= 0 {
		forecast := costs{
			Name: "By the end of the month", Value: write(ran + float64(m.dynos)*rest),
			Note: fmt.Sprintf("with the present %d", m.dynos),
		}
		if last != nil && last.Budget > 0 {
			forecast.Note += fmt.Sprintf(", of a budget of %s", dollars(last.Budget))
			if last.Forecast > last.Budget {
				forecast.Tone = alert
			}
		}
		b.Figures = append(b.Figures, forecast)
	}
	b.Figures = append(b.Figures, costs{
		Name: fmt.Sprintf("Always %d instead", m.most), Value: write(fixed),
		Note: "the highest maximum",
	},
		saved(fixed, ran, write))
	if price > 0 {
		b.Note += fmt.Sprintf("A dyno costs $%s a month. ", strconv.FormatFloat(price, 'f', -1, 64))
	}
	if bySpend && len(b.Days) > 0 && m.first.YearDay() != from.YearDay() {
		b.Note += "The bars begin with the history on " + m.first.Format("2 January") + ". "
	}
	b.Note += "The time between two readings counts up to an hour. Months and days are those of UTC."
	return b
}

// It is what ran less than always the maximum, or more.
func saved(fixed, ran float64, write func(float64) string) costs {
	if ran > fixed {
		return costs{
			Name: "More than that so far", Value: write(ran - fixed),
			Note: "dynos above the maximum", Tone: alert,
		}
	}
	s := costs{Name: "Saved so far", Value: write(fixed - ran), Tone: good}
	if fixed > 0 {
		s.Note = fmt.Sprintf("%.0f %% of that", 100*(fixed-ran)/fixed)
	}
	return s
}

// the dynos that ran on each day so far, on average
func (m monthSum) bars() []dayBar {
	if m.most == 0 {
		return nil
	}
	var out []dayBar
	for i := range m.days {
		if m.seen[i] <= 0 {
			continue
		}
		average := m.days[i] / m.seen[i]
		height := min(1, average/float64(m.most)) * 40
		out = append(out, dayBar{
			X: fmt.Sprintf("%.2f", float64(i)+0.15), Y: fmt.Sprintf("%.1f", 40-height),
			Height: fmt.Sprintf("%.1f", height),
			Text:   fmt.Sprintf("%d %s: %.1f dynos on average", i+1, m.month.Month(), average),
		})
	}
	return out
}
