package pool

import "fmt"

const rounding = 1e-9 // tolerance in dollars when adding up prices

// goes, which may be nil, leaves first; its price may be unknown.
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
		return fmt.Sprintf("no server is created: the price of %s (%s) is unknown, and the pool has a cost limit of "+
			"$%.4g an hour. Set its price in SERVER_PRICE_PER_HOUR", other.Name, other.Size, most)
	case price == 0:
		return fmt.Sprintf("no server is created: the price of a server is unknown, and the pool has a cost limit of "+
			"$%.4g an hour. Set SERVER_PRICE_PER_HOUR", most)
	case sum+price > most+rounding:
		return fmt.Sprintf("no server is created: the pool would cost $%.4g an hour, and the limit is $%.4g",
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

// Dollars an hour, without servers of unknown price.
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

// 0 if unknown.
func (o *Options) hourly(s *tracked, servers []*tracked) float64 {
	if s.Price > 0 {
		return s.Price
	}
	return o.priceOf(s.Size, servers)
}
