package settings

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Prices are the prices of servers, in dollars per hour.
type Prices struct {
	// All is the price of every size that Of does not have; 0 = not known.
	All float64
	Of  map[string]float64
}

// Decode reads one price, or a list of sizes with their prices.
func (p *Prices) Decode(s string) error {
	out := Prices{Of: map[string]float64{}}
	for _, part := range Split(s) {
		size, price, named := strings.Cut(part, "=")
		if !named {
			price = size
		}
		var d Dollars
		size = strings.TrimSpace(size)
		_, twice := out.own(size)
		if err := d.Decode(price); err != nil || named && (size == "" || twice) || !named && out.All > 0 {
			return errors.New("must be dollars such as 0.0208, or sizes and prices such as " +
				"t3.small=0.0208,t3.medium=0.0416")
		}
		if named {
			out.Of[size] = float64(d)
		} else {
			out.All = float64(d)
		}
	}
	*p = out
	return nil
}

// Known is true if there is any price.
func (p Prices) Known() bool { return p.All > 0 || len(p.Of) > 0 }

// Price returns the price of a size, in dollars per hour, 0 if it is not known.
func (p Prices) Price(size string) float64 {
	if d, ok := p.own(size); ok {
		return d
	}
	return p.All
}

// Sizes differ in case between providers.
func (p Prices) own(size string) (dollars float64, ok bool) {
	for name, d := range p.Of {
		if strings.EqualFold(name, size) {
			return d, true
		}
	}
	return 0, false
}

// Sizes returns the sizes with their own price, in alphabetical order.
func (p Prices) Sizes() []string { return slices.Sorted(maps.Keys(p.Of)) }
