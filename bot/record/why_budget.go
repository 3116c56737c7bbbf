package record

import (
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// nearBudget says that a scale-up waits for twice the evidence, and how much of that is missing.
func (r Record) nearBudget(c decide.Clamp) string {
	b := r.Decision.Bill
	text := fmt.Sprintf("wanted %d, with which the month would cost $%.2f of $%g, so that takes twice the evidence",
		c.From, b.Spend.Forecast(c.From, b.Price), b.Budget)
	if e := r.Decision.Evidence; e != nil {
		text += ": " + e.Missing()
	}
	return text
}
