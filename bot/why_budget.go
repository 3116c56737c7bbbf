package bot

import (
	"fmt"
	"math"
)

// String writes the bill for people.
func (b Bill) String() string {
	return fmt.Sprintf("$%.2f of $%g since %s, $%.2f at the end of the month with the present dynos",
		b.Dollars, b.Budget, b.From.Format("2 January"), b.Forecast)
}

// nearBudget says that a scale-up waits for twice the evidence, and how much of that is missing.
func (r Record) nearBudget(c Clamp) string {
	b := r.Decision.Bill
	text := fmt.Sprintf("wanted %d, with which the month would cost $%.2f of $%g, so that takes twice the evidence",
		c.From, b.Spend.Forecast(c.From, b.Price), b.Budget)
	if e := r.Decision.Evidence; e != nil {
		text += ": " + e.missing()
	}
	return text
}

// missing says what twice the evidence takes yet.
func (e *Evidence) missing() string {
	if e.AgainSeconds > 0 {
		return fmt.Sprintf("%.0f s more", math.Ceil(e.AgainSeconds-e.Seconds))
	}
	if n := e.Again + 1 - e.Times; n != 1 {
		return fmt.Sprintf("%d more readings", n)
	}
	return "1 more reading"
}
