package decide

import (
	"fmt"
	"time"
)

// Spend is what the dynos have cost in a calendar month, as far as the bot has seen.
type Spend struct {
	// Month is the first moment of the month, in UTC.
	Month time.Time `json:"month"`
	// From is since when this month's cost was counted, and At until when.
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
	// Dollars is what was counted.
	Dollars float64 `json:"dollars"`
}

// count adds what n dynos at a monthly price each have cost since the last time it was asked. A dyno that runs all
// month costs its price, and a part of the month in proportion, whatever the number of its days.
func (s Spend) count(now time.Time, n int, price float64) Spend {
	now = now.UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if !s.Month.Equal(month) {
		begin := now
		if !s.At.IsZero() { // the month turned while the bot was watching
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

// Forecast is what the month will have cost if n dynos run until it ends.
func (s Spend) Forecast(n int, price float64) float64 {
	return s.Dollars + float64(max(0, n))*price*s.end().Sub(s.At).Seconds()/s.monthLength().Seconds()
}

// A Bill is what the month costs, as a tick saw it.
type Bill struct {
	Spend
	// Budget is what the month may cost, Price what one dyno costs a month, both in dollars.
	Budget float64 `json:"budget"`
	Price  float64 `json:"price"`
	// Forecast is what the month will have cost if the present dynos run until it ends.
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

// afford keeps an up from costing more than the month may. Beyond the budget there is none; where the month would end
// beyond it with the dynos that are wanted, an up takes twice the evidence of the rule that asks for it.
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

// String writes the bill for people.
func (b Bill) String() string {
	return fmt.Sprintf("$%.2f of $%g spent since %s, $%.2f by the end of the month at the current rate",
		b.Dollars, b.Budget, b.From.Format("2 January"), b.Forecast)
}
