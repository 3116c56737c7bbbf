package settings

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Prices are what servers cost an hour, in dollars.
type Prices struct {
	// All is the price of every size that Of does not name; 0 = not known.
	All float64
	Of  map[string]float64
}

// Decode reads one price, or a list of sizes with theirs.
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
			return errors.New("write dollars such as 0.0208, or sizes with theirs such as " +
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

// Known says whether any price is.
func (p Prices) Known() bool { return p.All > 0 || len(p.Of) > 0 }

// Price is what a server of a size costs an hour, 0 where it is not known.
func (p Prices) Price(size string) float64 {
	if d, ok := p.own(size); ok {
		return d
	}
	return p.All
}

// own ignores case.
func (p Prices) own(size string) (dollars float64, ok bool) {
	for name, d := range p.Of {
		if strings.EqualFold(name, size) {
			return d, true
		}
	}
	return 0, false
}

// Sizes are those that have a price of their own, in the order of their names.
func (p Prices) Sizes() []string { return slices.Sorted(maps.Keys(p.Of)) }
