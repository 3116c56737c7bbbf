package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

const (
	// Maximum ages of a bill: of a complete one, of one without the newest heartbeat, and of an error.
	billAge    = time.Minute
	hastyAge   = 10 * time.Second
	failureAge = 5 * time.Second
	// The history contains a heartbeat after at most this time.
	historyLag  = 1500 * time.Millisecond
	monthPoints = 31 * 24 // one an hour
)

// All viewers share the newest bill.
type bills struct {
	turn chan struct{} // a lock of the other fields
	made time.Time
	bill bill
	err  error
}

// newest is the time of the newest heartbeat.
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
	Noun    words.Unit
}

func (b bill) Box() string { return fmt.Sprintf("0 0 %d 41", b.Length) }

type costs struct {
	Name, Value, Note string
	Tone              tone
}

// A bar is 1 wide and at most 40 high.
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

func (d *Dashboard) bill(ctx context.Context, now time.Time) (bill, error) {
	select {
	case d.bills.turn <- struct{}{}:
		defer func() { <-d.bills.turn }()
	case <-ctx.Done():
		return bill{}, ctx.Err()
	}
	if !d.bills.fresh(now, d.hub.newestAt()) {
		// Others may wait for the same bill, so a client that disconnects does not cancel it.
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
	m.now, m.month, m.dynos, m.noun, m.noHeartbeat = now, month, last.After(), d.o.Unit, d.o.NoHeartbeat
	return m.bill(d.price(last), d.o.State().Spend, last.Decision.Bill), nil
}

// Dollars a month, 0 if unknown.
func (d *Dashboard) price(last record.Record) float64 {
	return cmp.Or(last.Price, d.o.Policy.Price)
}

type monthSum struct {
	now, month  time.Time
	first       time.Time
	ran         float64     // dyno-seconds
	watched     float64     // seconds with a known number of dynos
	most        int         // the highest maximum
	dynos       int         // present number, -1 if unknown
	days        [31]float64 // dyno-seconds
	seen        [31]float64 // seconds
	noun        words.Unit
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

// price is in dollars a month for each dyno. spend is the bot's own count. last is the last tick's bill, or nil.
func (m monthSum) bill(price float64, spend decide.Spend, last *decide.Bill) bill {
	end := m.month.AddDate(0, 1, 0)
	whole := end.Sub(m.month).Seconds()
	from, ran, watched := m.first, m.ran, m.watched
	bySpend := spend.Month.Equal(m.month) && price > 0 && (watched <= 0 || !spend.From.After(from))
	if bySpend { // it includes time without history
		from, ran, watched = spend.From, spend.Dollars/price*whole, spend.At.Sub(spend.From).Seconds()
	}
	b := bill{Days: m.bars(), Length: end.AddDate(0, 0, -1).Day(), Noun: m.noun}
	switch {
	case watched <= 0 && !m.first.IsZero():
		b.Note = fmt.Sprintf("The cost appears after two %ss in a row with a known number of %s.",
			reading(m.noHeartbeat), m.noun.Many())
		return b
	case watched <= 0:
		b.Note = "The history of this month is empty."
		return b
	}
	fixed, rest := float64(m.most)*watched, end.Sub(m.now).Seconds()
	write := func(dynoSeconds float64) string { return grouped(dynoSeconds/3600, 0) + " " + m.noun.One() + "-hours" }
	if price > 0 {
		write = func(dynoSeconds float64) string { return dollars(dynoSeconds * price / whole) }
	} else {
		b.Note = fmt.Sprintf("The price of %s is unknown, so the figures are in hours. ", a(m.noun))
	}
	since := "since " + from.Format("2 January")
	b.Figures = append(b.Figures, costs{Name: "This month so far", Value: write(ran), Note: since, Tone: calm})
	if m.dynos >= 0 {
		forecast := costs{
			Name: "Month forecast", Value: write(ran + float64(m.dynos)*rest),
			Note: "at the present " + m.noun.Of(m.dynos),
		}
		if last != nil && last.Budget > 0 {
			forecast.Note += fmt.Sprintf("; budget %s", dollars(last.Budget))
			if last.Forecast > last.Budget {
				forecast.Tone = alert
			}
		}
		b.Figures = append(b.Figures, forecast)
	}
	b.Figures = append(b.Figures, costs{
		Name: fmt.Sprintf("At a constant %d so far", m.most), Value: write(fixed),
		Note: "the highest maximum",
	},
		m.saved(fixed, ran, write))
	if price > 0 {
		each := a(m.noun)
		b.Note += fmt.Sprintf("%s costs $%s a month. ", strings.ToUpper(each[:1])+each[1:],
			strconv.FormatFloat(price, 'f', -1, 64))
	}
	if bySpend && len(b.Days) > 0 && m.first.YearDay() != from.YearDay() {
		b.Note += "The bars begin with the history on " + m.first.Format("2 January") + ". "
	}
	b.Note += fmt.Sprintf("The time between two %ss counts for at most an hour. Months and days are in UTC.",
		reading(m.noHeartbeat))
	return b
}

// The comparison is with a constant number, the highest maximum.
func (m monthSum) saved(fixed, ran float64, write func(float64) string) costs {
	if ran > fixed {
		return costs{
			Name: "Extra so far", Value: write(ran - fixed),
			Note: m.noun.Many() + " above the maximum", Tone: alert,
		}
	}
	s := costs{Name: "Saved so far", Value: write(fixed - ran), Tone: good}
	if fixed > 0 {
		s.Note = fmt.Sprintf("%.0f %% less", 100*(fixed-ran)/fixed)
	}
	return s
}

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
			Text:   fmt.Sprintf("%d %s: %.1f %s on average", i+1, m.month.Month(), average, m.noun.Many()),
		})
	}
	return out
}
