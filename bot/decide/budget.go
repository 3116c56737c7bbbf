package decide

import (
	"fmt"
	"time"
)

// Spend is the cost of the dynos in a calendar month, as far as the bot has seen.
type Spend struct {
	// Month is the start of the month, in UTC.
	Month time.Time `json:"month"`
	// From and At are the start and the end of the time that was counted.
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
	// Dollars is the cost in that time.
	Dollars float64 `json:"dollars"`
}

// A dyno that runs all month costs its price, whatever the number of days; part of a month costs its share.
func (s Spend) count(now time.Time, n int, price float64) Spend {
	now = now.UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if !s.Month.Equal(month) {
		begin := now
		if !s.At.IsZero() { // the month ended while the bot was running
			begin = month
		}
		s = Spend{Month: month, From: begin, At: begin}
	}
	if seen := now.Sub(s.At); seen > 0 {
		s.Dollars += float64(max(0, n)) * price * seen.Seconds() / s.monthLength().Seconds()
		s.At = now
	}
	return s
}

func (s Spend) monthLength() time.Duration { return s.end().Sub(s.Month) }

func (s Spend) end() time.Time { return s.Month.AddDate(0, 1, 0) }

// Forecast returns the cost of the whole month in dollars if n dynos run until its end. price is that of one dyno a
// month.
func (s Spend) Forecast(n int, price float64) float64 {
	return s.Dollars + float64(max(0, n))*price*s.end().Sub(s.At).Seconds()/s.monthLength().Seconds()
}

// A Bill is the month's cost at a tick.
type Bill struct {
	Spend
	// Budget is the maximum for the month, and Price the price of one dyno a month, in dollars.
	Budget float64 `json:"budget"`
	Price  float64 `json:"price"`
	// Forecast is the cost of the month if the present dynos run until its end.
	Forecast float64 `json:"forecast"`
}

func (p *Policy) bill(st *State, now time.Time, n int) *Bill {
	if p.Budget <= 0 || p.Price <= 0 {
		return nil
	}
	before := n
	if st.Known {
		before = st.Dynos
	}
	st.Spend = st.Spend.count(now, before, p.Price)
	return &Bill{Spend: st.Spend, Budget: p.Budget, Price: p.Price, Forecast: st.Spend.Forecast(n, p.Price)}
}

// Once the budget is used up, the bot does not scale up. If a scale-up would exceed it at the end of the month, the
// scale-up takes twice the evidence.
func (p *Policy) afford(d *Decision) {
	b := d.Bill
	switch {
	case b == nil || d.To <= d.From:
	case b.Dollars >= b.Budget:
		d.clamp(ClampBudget, d.From, b.end().Sub(b.At))
	case !p.affords(d, d.To, d.Evidence):
		d.clamp(ClampBudget, d.From, 0)
	}
}

func (p *Policy) affords(d *Decision, n int, e *Evidence) bool {
	b := d.Bill
	return b == nil || e == nil || n <= d.From || b.Spend.Forecast(n, b.Price) <= b.Budget || e.Twice()
}

// String describes the bill in one clause.
func (b Bill) String() string {
	return fmt.Sprintf("$%.2f of $%g spent since %s, $%.2f by the end of the month at the current rate",
		b.Dollars, b.Budget, b.From.Format("2 January"), b.Forecast)
}
