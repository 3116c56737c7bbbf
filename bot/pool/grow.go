package pool

import (
	"fmt"
	"slices"
)

// crumb is what adding up prices may be wrong by, in dollars.
const crumb = 1e-9

// grow brings n more servers: those that were to go come back first.
func (p *planner) grow(n int) {
	for i := range p.servers {
		s := &p.servers[i]
		if n > 0 && p.returns(s) {
			s.doom = ""
			p.do(s, add, "it is wanted again", "")
			n--
		}
	}
	if n > 0 {
		p.create(n, fmt.Sprintf("%d are wanted", p.target))
	}
}

// returns says that a server that was to go can come back. One that was being drained when the bot started does only where there is no room
// for another beside it: so it was about to be resized in its place.
func (p *planner) returns(s *tracked) bool {
	if s.member == nil || s.stage == stageEnding || !s.bad.IsZero() || !s.served || p.used[s.ID] {
		return false
	}
	switch s.doom {
	case surplus:
		return sameSize(s.Size, p.size)
	case drained:
		return p.existing() >= p.most
	}
	return false
}

// create orders up to n servers, as far as all limits allow, and tells whether it will order any as soon as it can.
func (p *planner) create(n int, why string) {
	making := len(p.orders)
	for i := range p.servers {
		if p.servers[i].half() {
			making++
		}
	}
	parallel := p.o.Parallel
	if p.fails > 0 {
		parallel = 1 // until one has been made
	}
	if p.givesUp() {
		return // and the next pass knows until when none is made
	}
	price, sum := p.o.priceOf(p.size, p.servers), p.cost()
	for range n {
		switch {
		case p.now.Before(p.retry):
			p.obstacles[ObstacleCreate] = fmt.Sprintf("no server is made before %s, as that failed %s: %s",
				p.retry.UTC().Format("15:04:05 UTC"), times(p.fails), p.why)
			p.blocked = true
			return
		case !p.affords(sum, price, nil):
			p.blocked = true
			return
		case p.existing()+p.ordered() >= p.most, making >= parallel, p.now.Before(p.quiet):
			return // comes with time: what is in the way is under way
		}
		name := p.freeName()
		p.taken[name] = true
		p.actions = append(p.actions, action{verb: create, name: name, size: p.size, why: why})
		making++
		sum += price
	}
}

// givesUp says that the making of a server has just failed.
func (p *planner) givesUp() bool {
	return slices.ContainsFunc(p.servers, func(s tracked) bool {
		return (s.doom == tooLate || s.doom == unmade) && !s.doomed && !s.served
	})
}

// affords says whether one more server may be made beside those that cost sum, or else why not. One that goes first, nil for none, may have an
// unknown price.
func (p *planner) affords(sum, price float64, goes *tracked) bool {
	if p.o.MaxDollarsPerHour == 0 {
		return true
	}
	switch other := p.unpriced(goes); {
	case other != nil:
		p.obstacles[ObstacleCost] = fmt.Sprintf("no server is made, as the price of %s (%s) is not known, and the pool may cost $%.4g an hour: "+
			"say what a server of that size costs", other.Name, other.Size, p.o.MaxDollarsPerHour)
		return false
	case price == 0:
		p.obstacles[ObstacleCost] = fmt.Sprintf("no server is made, as nobody says what one costs, and the pool may cost $%.4g an hour: "+
			"say what a server costs", p.o.MaxDollarsPerHour)
		return false
	case sum+price > p.o.MaxDollarsPerHour+crumb:
		p.obstacles[ObstacleCost] = fmt.Sprintf("no server is made, as the pool would then cost $%.4g an hour, and may cost $%.4g",
			sum+price, p.o.MaxDollarsPerHour)
		return false
	}
	return true
}

// unpriced finds a server whose price is not known, beside one that goes; nil where there is none.
func (p *planner) unpriced(goes *tracked) *tracked {
	for i := range p.servers {
		if s := &p.servers[i]; s != goes && p.o.hourly(s, p.servers) == 0 && p.o.priceOf(p.size, p.servers) > 0 {
			return s
		}
	}
	return nil
}

// ordered counts the servers that this plan orders.
func (p *planner) ordered() (n int) {
	for _, a := range p.actions {
		if a.verb == create {
			n++
		}
	}
	return n
}

// cost is what all servers cost an hour, as far as anybody says.
func (p *planner) cost() (sum float64) {
	for i := range p.servers {
		sum += p.o.hourly(&p.servers[i], p.servers)
	}
	for _, or := range p.orders {
		sum += p.o.priceOf(or.size, p.servers)
	}
	return sum
}

// times says how often.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n)
}
