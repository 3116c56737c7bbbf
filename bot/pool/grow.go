package pool

import (
	"fmt"
	"slices"
)

// Servers that were about to leave come back first.
func (p *planner) grow(n int) {
	for _, s := range p.servers {
		if n > 0 && p.returns(s) {
			s.leavesFor = ""
			p.do(s, add, "it is needed again", "")
			n--
		}
	}
	if n > 0 {
		p.create(n, fmt.Sprintf("desired %d", p.target))
	}
}

// A server that was draining when the bot started comes back only if the maximum leaves no room for another: it was
// about to be resized in place.
func (p *planner) returns(s *tracked) bool {
	if s.member == nil || s.stage == stageEnding || !s.failsSince.IsZero() || !s.served || p.used[s.ID] {
		return false
	}
	switch s.leavesFor {
	case surplus:
		return sameSize(s.Size, p.size)
	case drained:
		return p.existing() >= p.most
	}
	return false
}

// An empty why only sets the obstacle.
func (p *planner) create(n int, why string) {
	making := len(p.orders) + count(p.servers, (*tracked).halfMade)
	parallel := p.o.Parallel
	if p.fails > 0 {
		parallel = 1 // until one succeeds
	}
	if p.givesUp() {
		return // the next pass knows how long to wait
	}
	price, sum := p.o.priceOf(p.size, p.servers), p.cost()
	for range n {
		switch {
		case p.now.Before(p.retry):
			p.obstacles[ObstacleCreate] = fmt.Sprintf("no server is created before %s, because creating one "+
				"failed %s: %s",
				p.retry.UTC().Format("15:04:05 UTC"), times(p.fails), p.why)
			p.blocked = true
			return
		case !p.affords(sum, price, nil):
			p.blocked = true
			return
		case p.existing()+p.ordered() >= p.most, making >= parallel, p.now.Before(p.quiet):
			return // resolves itself: what is in the way is under way
		}
		name := p.freeName()
		p.taken[name] = true
		p.actions = append(p.actions, action{verb: create, name: name, size: p.size, why: why})
		making++
		sum += price
	}
}

func (p *planner) givesUp() bool {
	return slices.ContainsFunc(p.servers, func(s *tracked) bool {
		return (s.leavesFor == tooLate || s.leavesFor == unmade) && !s.leaveBegun && !s.served
	})
}

func (p *planner) ordered() (n int) {
	for _, a := range p.actions {
		if a.verb == create {
			n++
		}
	}
	return n
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n)
}
