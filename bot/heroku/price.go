package heroku

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// prices are Heroku's list prices of a dyno that runs all month, in dollars, as known in November 2026. Heroku bills by
// the second in proportion. Eco's is that of the pool of 1,000 hours which an account's Eco dynos share.
func prices() map[string]float64 {
	return map[string]float64{
		"eco": 5, "basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
	}
}

// SizePrice tells what one dyno of a size costs a month, in dollars, by Heroku's list prices.
func (p *Platform) SizePrice(name string) (dollars float64, ok bool) {
	dollars, ok = prices()[strings.ToLower(name)]
	return dollars, ok
}

// Price tells what one dyno of the formation's size costs a month, in dollars, by Heroku's list prices.
func (p *Platform) Price(ctx context.Context) (dollars float64, err error) {
	f, err := p.formation(ctx)
	if err != nil {
		return 0, err
	}
	dollars, ok := p.SizePrice(f.Size)
	if !ok {
		return 0, fmt.Errorf("the price of %s's dyno size %q is not known here; known are %s: set DYNO_PRICE_PER_MONTH",
			p.name(), web.Line(f.Size), strings.Join(slices.Sorted(maps.Keys(prices())), ", "))
	}
	return dollars, nil
}
