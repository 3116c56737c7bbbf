package pool

import "fmt"

const rounding = 1e-9 // dollars that adding up prices may be wrong by

// One that goes first, nil for none, may have an unknown price.
func (p *planner) affords(sum, price float64, goes *tracked) bool {
	why := p.unaffordable(sum, price, goes)
	if why != "" {
		p.obstacles[ObstacleCost] = why
	}
	return why == ""
}

func (p *planner) unaffordable(sum, price float64, goes *tracked) string {
	most := p.o.MaxDollarsPerHour
	if most == 0 {
		return ""
	}
	switch other := p.unpriced(goes); {
	case other != nil:
		return fmt.Sprintf("no server is made, as the price of %s (%s) is not known, and the pool may cost "+
			"$%.4g an hour: "+
			"say what a server of that size costs", other.Name, other.Size, most)
	case price == 0:
		return fmt.Sprintf("no server is made, as nobody says what one costs, and the pool may cost $%.4g an hour: "+
			"say what a server costs", most)
	case sum+price > most+rounding:
		return fmt.Sprintf("no server is made, as the pool would then cost $%.4g an hour, and may cost $%.4g",
			sum+price, most)
	}
	return ""
}

func (p *planner) unpriced(goes *tracked) *tracked {
	for _, s := range p.servers {
		if s != goes && p.o.hourly(s, p.servers) == 0 && p.o.priceOf(p.size, p.servers) > 0 {
			return s
		}
	}
	return nil
}

// cost is for an hour, as far as anybody says.
func (p *planner) cost() (sum float64) {
	for _, s := range p.servers {
		sum += p.o.hourly(s, p.servers)
	}
	for _, or := range p.orders {
		sum += p.o.priceOf(or.size, p.servers)
	}
	return sum
}

func (o *Options) priceOf(size string, servers []*tracked) float64 {
	if s, ok := FindSize(o.Sizes, size); ok && s.Price > 0 {
		return s.Price
	}
	for _, s := range servers {
		if s.Price > 0 && sameSize(s.Size, size) {
			return s.Price
		}
	}
	return o.Price
}

// hourly is 0 where nobody says.
func (o *Options) hourly(s *tracked, servers []*tracked) float64 {
	if s.Price > 0 {
		return s.Price
	}
	return o.priceOf(s.Size, servers)
}
