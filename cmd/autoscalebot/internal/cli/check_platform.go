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
		return // its processes run only while the bot runs
	}
	n, _, err := p.Size(ctx)
	switch {
	case err != nil && c.wrong > before:
		c.deaf = true
		c.note(c.unit.Many(), "unknown, for the reason above")
		return
	case err != nil:
		c.deaf = true
		c.report(c.unit.Many(), "", err)
		return
	}
	c.conflicts(ctx, p, s, now)
	l := s.Table.At(now)
	c.budget(ctx, p, s, l.Min)
	switch {
	case n == 0 && !s.Table.HasZero():
		c.note(c.unit.Many(), "0 now: the app is switched off, so the bot leaves it alone")
	case l.Clamp(n) != n:
		c.note(c.unit.Many(), fmt.Sprintf("%d now, outside the limits: the bot will scale to %d at once", n,
			l.Clamp(n)))
	default:
		c.report(c.unit.Many(), dynosText(p, n), nil)
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
		c.note("formation", fmt.Sprintf("cannot check all obstacles to scaling: %v", err))
	}
}

// The limits take precedence over the budget, so a minimum that is too expensive is not prevented at run time.
func (c *checker) budget(ctx context.Context, p bot.Scaler, s *settings.Settings, least int) {
	price := float64(s.DynoPrice)
	if sizes, ok := p.(bot.SizePricer); ok && price == 0 && len(s.Sizes) > 0 {
		price, _ = sizes.SizePrice(s.Sizes[0]) // of new servers, not of the present ones
	}
	if pricer, ok := p.(bot.Pricer); ok && price == 0 {
		price, _ = pricer.Price(ctx) // the bot will ask again
	}
	if cost := float64(least) * price; s.Budget > 0 && cost > float64(s.Budget) {
		c.report("budget", fmt.Sprintf("$%g a month", float64(s.Budget)),
			fmt.Errorf("the minimum of %s costs $%.2f a month. "+
				"Lower %s, or raise MONTHLY_BUDGET", c.unit.Of(least), cost, s.Named("MIN_DYNOS")))
	}
}

// In a pool the desired servers take minutes to exist and to serve.
func dynosText(p bot.Scaler, n int) string {
	status := service.PoolStatus(p)
	if status == nil {
		return fmt.Sprintf("%d now", n)
	}
	st := status()
	return fmt.Sprintf("desired %d, serving %d, existing %d", n, st.Serving, st.Existing)
}
