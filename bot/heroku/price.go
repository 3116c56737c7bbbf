package heroku

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Heroku's list prices of one dyno for a month, in dollars, as of November 2026. Heroku bills each second in
// proportion. Eco's is the price of the 1,000 hours that an account's Eco dynos share.
func prices() map[string]float64 {
	return map[string]float64{
		"eco": 5, "basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
	}
}

// SizePrice returns the monthly list price of one dyno of a size, in dollars.
func (p *Platform) SizePrice(name string) (dollars float64, ok bool) {
	dollars, ok = prices()[strings.ToLower(name)]
	return dollars, ok
}

// Price returns the monthly list price of one dyno of the formation's size, in dollars.
func (p *Platform) Price(ctx context.Context) (dollars float64, err error) {
	f, err := p.formation(ctx)
	if err != nil {
		return 0, err
	}
	dollars, ok := p.SizePrice(f.Size)
	if !ok {
		return 0, fmt.Errorf("the price of %s's dyno size %q is unknown (known: %s). Set DYNO_PRICE_PER_MONTH",
			p.name(), web.Line(f.Size), strings.Join(slices.Sorted(maps.Keys(prices())), ", "))
	}
	return dollars, nil
}
