package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func (c *checker) platform(ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time) {
	before := c.wrong
	if p, ok := p.(bot.Checker); ok {
		p.Check(ctx, c.report)
	}
	if s.Platform == "local" {
		return // its processes run only while the bot does
	}
	n, _, err := p.Size(ctx)
	switch {
	case err != nil && c.wrong > before:
		c.deaf = true
		c.note("dynos", "not known, for the reason above")
		return
	case err != nil:
		c.deaf = true
		c.report("dynos", "", err)
		return
	}
	c.conflicts(ctx, p, s, now)
	l := s.Table.At(now)
	c.budget(ctx, p, s, l.Min)
	switch {
	case n == 0 && !s.Table.HasZero():
		c.note("dynos", "0 now: somebody switched the app off, so the bot would keep its hands off")
	case l.Clamp(n) != n:
		c.note("dynos", fmt.Sprintf("%d now, outside the limits: the bot would go to %d at once", n, l.Clamp(n)))
	default:
		c.report("dynos", dynosText(p, n), nil)
	}
}

func (c *checker) conflicts(ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time) {
	sure, likely, err := service.Conflicts(ctx, p, s, now)
	for _, text := range sure {
		c.report("formation", "", errors.New(text))
	}
	for _, text := range likely {
		c.note("formation", text)
	}
	if err != nil {
		c.note("formation", fmt.Sprintf("not all that may be in the way is known: %v", err))
	}
}

// budget says that the least number of dynos costs more than the month may: they run all the same, as the limits come
// before the budget.
func (c *checker) budget(ctx context.Context, p bot.Scaler, s *settings.Settings, least int) {
	price := float64(s.DynoPrice)
	if sizes, ok := p.(bot.SizePricer); ok && price == 0 && len(s.Sizes) > 0 {
		price, _ = sizes.SizePrice(s.Sizes[0]) // that of new servers, whatever those cost that are there
	}
	if pricer, ok := p.(bot.Pricer); ok && price == 0 {
		price, _ = pricer.Price(ctx) // which the bot asks for again
	}
	if cost := float64(least) * price; s.Budget > 0 && cost > float64(s.Budget) {
		c.report("budget", fmt.Sprintf("$%g a month", float64(s.Budget)),
			fmt.Errorf("the minimum of %d dynos costs $%.2f a month: "+
				"lower %s, or raise MONTHLY_BUDGET", least, cost, s.Named("MIN_DYNOS")))
	}
}

// dynosText says how many dynos there are. Those of a pool are wanted first, and are there later.
func dynosText(p bot.Scaler, n int) string {
	status := service.PoolStatus(p)
	if status == nil {
		return fmt.Sprintf("%d now", n)
	}
	st := status()
	return fmt.Sprintf("desired %d, serving %d, existing %d", n, st.Serving, st.Existing)
}
