// Package cost computes from the history what the dynos of a process type cost, by calendar month.
//
// A dyno that runs all month costs its price, whatever the number of days; part of a month costs its share. The dynos
// are those of the history's summaries, half an hour or an hour each. The price and the size are those of the records
// that changed something, and of the newest one: a price that changes meanwhile counts from the next such record.
package cost

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// A Past has the history of a process type. [history.DB] is one.
type Past interface {
	Points(ctx context.Context, from, to time.Time, atMost int) (history.Series, error)
	Records(ctx context.Context, q history.Query) ([]record.Record, error)
}

// A Month is the cost of a process type in a calendar month.
type Month struct {
	// Begin and End are the calendar month, in its time zone. Until is the end of what is counted: End, or the present
	// in the running month. First is the first time that the history knows; zero without any.
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	Until time.Time `json:"until"`
	First time.Time `json:"first,omitzero"`
	// Lines are the dynos by size and price, in the order of their first use. A size is empty if it is not recorded.
	Lines []Line `json:"lines"`
	// Total is the sum of the lines. Maximum is the cost of always running the maximum of the limits, and Constant that
	// of always running Peak dynos, the most that ran, in the same time and at the same prices.
	Total    Sum `json:"total"`
	Maximum  Sum `json:"maximum"`
	Constant Sum `json:"constant"`
	Peak     int `json:"peak"`
	// UnpricedHours are the dyno-hours of Total whose price is unknown.
	UnpricedHours float64 `json:"unpriced_hours,omitempty"`
	// UnknownHours is the time up to Until in which the number of dynos is unknown. It is not counted.
	UnknownHours float64 `json:"unknown_hours,omitempty"`
	// Forecast is the whole month if the rest of it runs Average dynos, the average of the last 7 days. It is nil for a
	// month that is over, and without such days.
	Forecast *Sum    `json:"forecast,omitempty"`
	Average  float64 `json:"average,omitempty"`
}

// A Sum is a number of dyno-hours and their cost.
type Sum struct {
	DynoHours float64 `json:"dyno_hours"`
	Dollars   float64 `json:"dollars"`
}

// A Line is the dynos of a size and a price, in dollars a month; 0 is unknown.
type Line struct {
	Size  string  `json:"size,omitempty"`
	Price float64 `json:"price,omitempty"`
	Sum
}

// MonthOf returns the beginning of the calendar month of t, in a time zone.
func MonthOf(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, zone)
}

const (
	halfHours    = 2 * 24 * 32 // of a month; some zones begin their months at half past
	averageOver  = 7 * 24 * time.Hour
	mostLines    = 6
	recordsAPage = 1000
)

// Read computes the month that begins at begin, as [MonthOf] returns it. price is that of records without a price, in
// dollars a month; 0 if it is unknown. The zero Month has no history.
func Read(ctx context.Context, db Past, begin, now time.Time, price float64) (Month, error) {
	end := begin.AddDate(0, 1, 0)
	m := Month{Begin: begin, End: end, Until: end}
	if now.Before(end) {
		m.Until = now
	}
	if !begin.Before(m.Until) {
		return m, nil
	}
	series, err := db.Points(ctx, begin, m.Until, halfHours)
	if err != nil {
		return m, err
	}
	rates, peak, err := ratesIn(ctx, db, begin, m.Until, price)
	if err != nil {
		return m, err
	}
	m.count(series, rates, peak)
	if m.Until.Before(end) {
		err = m.forecast(ctx, db, rates)
	}
	return m, err
}

// A rate is the size and the price from a moment on.
type rate struct {
	from  time.Time
	size  string
	price float64
}

// The first rate begins before the month. peak is the largest number after a change.
func ratesIn(ctx context.Context, db Past, begin, until time.Time, price float64) (rates []rate, peak int, err error) {
	add := func(r record.Record) {
		next := rate{r.Time, cmp.Or(r.Decision.SizeTo, r.Decision.SizeFrom), cmp.Or(r.Price, price)}
		if n := len(rates); n > 0 { // what a record does not say is as before
			next.size, next.price = cmp.Or(next.size, rates[n-1].size), cmp.Or(next.price, rates[n-1].price)
			if next.size == rates[n-1].size && next.price == rates[n-1].price {
				return
			}
		}
		rates = append(rates, next)
	}
	before, err := db.Records(ctx, history.Query{To: begin, Changed: true, Limit: 1})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range before {
		add(r)
	}
	for from := begin; ; {
		page, err := db.Records(ctx, history.Query{
			From: from, To: until, Changed: true, Oldest: true, Limit: recordsAPage,
		})
		if err != nil {
			return nil, 0, err
		}
		for _, r := range page {
			add(r)
			peak = max(peak, r.After(), r.Dynos)
		}
		if len(page) < recordsAPage {
			break
		}
		from = page[len(page)-1].Time.Add(1)
	}
	newest, err := db.Records(ctx, history.Query{To: until, Limit: 1})
	for _, r := range newest {
		add(r)
	}
	if len(rates) == 0 {
		rates = []rate{{price: price}}
	}
	rates[0].from = time.Time{}
	for i := len(rates) - 2; i >= 0 && err == nil; i-- { // an unknown beginning is as what follows
		rates[i].price, rates[i].size = cmp.Or(rates[i].price, rates[i+1].price), cmp.Or(rates[i].size, rates[i+1].size)
	}
	return rates, peak, err
}

func (m *Month) count(series history.Series, rates []rate, peak int) {
	covered := 0.0
	for _, p := range series.Points {
		from, to := p.Time, p.Time.Add(series.Step)
		if m.Until.Before(m.End) {
			to = earlier(to, m.Until) // the present bucket is not full
		}
		if m.First.IsZero() {
			m.First = later(from, m.Begin)
		}
		if m.Peak = max(m.Peak, p.Dynos, peak); p.Seconds <= 0 {
			continue
		}
		for i, r := range rates {
			until := m.Until
			if i+1 < len(rates) {
				until = rates[i+1].from
			}
			if share := shareOf(from, to, later(r.from, m.Begin), earlier(until, m.Until)); share > 0 {
				covered += share * p.Seconds
				m.add(r, share*p.DynoSeconds/3600, share*p.MaxDynoSeconds/3600, share*p.Seconds/3600)
			}
		}
	}
	m.Constant.DynoHours *= float64(m.Peak)
	m.Constant.Dollars *= float64(m.Peak)
	m.UnknownHours = max(0, m.Until.Sub(m.Begin).Hours()-covered/3600)
	m.join()
}

// The constant number is counted as one dyno until the peak is known.
func (m *Month) add(r rate, hours, most, one float64) {
	each := r.price / m.End.Sub(m.Begin).Hours()
	i := slices.IndexFunc(m.Lines, func(l Line) bool { return l.Size == r.size && l.Price == r.price })
	if i < 0 {
		i = len(m.Lines)
		m.Lines = append(m.Lines, Line{Size: r.size, Price: r.price})
	}
	for _, s := range []struct {
		to    *Sum
		hours float64
	}{{&m.Lines[i].Sum, hours}, {&m.Total, hours}, {&m.Maximum, most}, {&m.Constant, one}} {
		s.to.DynoHours += s.hours
		s.to.Dollars += s.hours * each
	}
	if r.price == 0 {
		m.UnpricedHours += hours
	}
}

// The price of a pool's servers is an average, which varies: many prices of a size become one.
func (m *Month) join() {
	if len(m.Lines) <= mostLines {
		return
	}
	var joined []Line
	for _, l := range m.Lines {
		i := slices.IndexFunc(joined, func(j Line) bool { return j.Size == l.Size })
		if i < 0 {
			joined = append(joined, l)
			continue
		}
		j := &joined[i]
		j.DynoHours, j.Dollars = j.DynoHours+l.DynoHours, j.Dollars+l.Dollars
		if j.DynoHours > 0 {
			j.Price = j.Dollars / j.DynoHours * m.End.Sub(m.Begin).Hours()
		}
	}
	m.Lines = joined
}

func (m *Month) forecast(ctx context.Context, db Past, rates []rate) error {
	week, err := db.Points(ctx, m.Until.Add(-averageOver), m.Until, halfHours)
	if err != nil {
		return err
	}
	dynoSeconds, seconds := 0.0, 0.0
	for _, p := range week.Points {
		dynoSeconds, seconds = dynoSeconds+p.DynoSeconds, seconds+p.Seconds
	}
	if seconds <= 0 {
		return nil
	}
	m.Average = dynoSeconds / seconds
	rest := m.Average * m.End.Sub(m.Until).Hours()
	price := rates[len(rates)-1].price
	m.Forecast = &Sum{
		DynoHours: m.Total.DynoHours + rest,
		Dollars:   m.Total.Dollars + rest*price/m.End.Sub(m.Begin).Hours(),
	}
	return nil
}

// The share of [from, to) that is in [begin, end).
func shareOf(from, to, begin, end time.Time) float64 {
	return max(0, float64(earlier(to, end).Sub(later(from, begin)))/float64(to.Sub(from)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
