package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func (c *checker) platform(ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time) {
	before := c.wrong
	if p, ok := p.(bot.Checker); ok {
		p.Check(ctx, func(what, found string, err error) {
			c.report(what, found, err)
			if err != nil && found == "" && c.needs == "" {
				c.needs = needed(what, err)
			}
		})
	}
	if s.Platform == "local" {
		return // its processes run only while the bot runs
	}
	n, _, err := p.Size(ctx)
	switch {
	case err != nil && c.wrong > before:
		c.needs = cmp.Or(c.needs, "the platform's answer")
		c.note(c.unit.Many(), "not checked: needs "+c.needs)
		if _, ok := p.(bot.Pricer); ok {
			c.note("cost", "not checked: needs "+c.needs)
		}
		return
	case err != nil:
		c.needs = "the platform's answer"
		c.report(c.unit.Many(), "", err)
		return
	}
	c.needs = ""
	c.conflicts(ctx, p, s, now)
	l := s.Table.At(now)
	c.budget(ctx, p, s, l.Min)
	c.calls(p, s)
	switch {
	case n == 0 && !s.Table.HasZero():
		c.note(c.unit.Many(), "0 now: the app is switched off, so the bot leaves it alone")
	case l.Clamp(n) != n:
		c.note(c.unit.Many(), fmt.Sprintf("%d now, outside the limits: the bot will scale to %d at once", n,
			l.Clamp(n)))
	default:
		c.report(c.unit.Many(), dynosText(p, n), nil)
	}
	c.cost(ctx, p, s, service.Greatest(s.Table, now))
}

// What the rest of the checks lacks after this one has failed.
func needed(what string, err error) string {
	var e *heroku.Error
	switch answered := errors.As(err, &e) && e.Status > 0; {
	case what == "credentials" && answered && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		return "the key"
	case what == "credentials" || !answered:
		return "the platform's answer"
	}
	return "the " + what
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
	price, _ := priceOf(ctx, p, s) // the bot will ask again
	if cost := float64(least) * price; s.Budget > 0 && cost > float64(s.Budget) {
		c.report("budget", fmt.Sprintf("$%g a month", float64(s.Budget)),
			fmt.Errorf("the minimum of %s costs $%.2f a month. "+
				"Lower %s, or raise MONTHLY_BUDGET", c.unit.Of(least), cost, s.Named("MIN_DYNOS")))
	}
}

// A month, 0 if it is not known.
func priceOf(ctx context.Context, p bot.Scaler, s *settings.Settings) (dollars float64, err error) {
	price := float64(s.DynoPrice)
	if sizes, ok := p.(bot.SizePricer); ok && price == 0 && len(s.Sizes) > 0 {
		price, _ = sizes.SizePrice(s.Sizes[0]) // of new servers, not of the present ones
	}
	if pricer, ok := p.(bot.Pricer); ok && price == 0 {
		price, err = pricer.Price(ctx)
	}
	return price, err
}

func (c *checker) cost(ctx context.Context, p bot.Scaler, s *settings.Settings, most int) {
	price, err := priceOf(ctx, p, s)
	if sizes, ok := p.(bot.SizePricer); ok && s.DynoPrice == 0 { // the largest size costs most
		for _, size := range s.Sizes {
			dollars, _ := sizes.SizePrice(size)
			price = max(price, dollars)
		}
	}
	switch {
	case err != nil:
		c.note("cost", fmt.Sprintf("the maximum's cost is unknown: %v", err))
	case price > 0:
		text := mostCost(c.unit, most, price)
		if s.Budget > 0 && float64(most)*price > float64(s.Budget) {
			text += fmt.Sprintf(". MONTHLY_BUDGET stops scale-ups at $%g", float64(s.Budget))
		}
		c.report("cost", text, nil)
	}
}

func mostCost(unit words.Unit, most int, price float64) string {
	return fmt.Sprintf("at most %s a month: %s at %s each, all month", inDollars(float64(most)*price), unit.Of(most),
		inDollars(price))
}

func inDollars(n float64) string {
	if n == math.Trunc(n) {
		return fmt.Sprintf("$%.0f", n)
	}
	return fmt.Sprintf("$%.2f", n)
}

// A callLimited platform allows an account a number of API calls per hour, and the bot needs one for each heartbeat.
type callLimited interface{ CallsPerHour() int }

// The account's other bots and tools need calls too.
const fairShare = 0.5

func (c *checker) calls(p bot.Scaler, s *settings.Settings) {
	limited, ok := p.(callLimited)
	if !ok {
		return
	}
	budget, every := float64(limited.CallsPerHour()), time.Duration(s.HeartbeatInterval)
	need := math.Ceil(float64(time.Hour) / float64(every))
	text := fmt.Sprintf("%.0f per hour, %.2g %% of the account's %.0f: one every %g s, and up to twice as "+
		"many while %s start", need, 100*need/budget, budget, every.Seconds(), c.unit.Many())
	longer := fmt.Sprintf("Set HEARTBEAT_INTERVAL_IN_SECONDS to %g or more",
		math.Ceil(time.Hour.Seconds()/(fairShare*budget)))
	switch {
	case need > budget:
		c.report("API calls", text, errors.New("\nThe platform will refuse some. "+longer))
	case need > fairShare*budget:
		c.note("API calls", text+". All of the account's bots and tools share them. "+longer)
	default:
		c.report("API calls", text, nil)
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
