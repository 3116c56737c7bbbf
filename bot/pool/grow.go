package pool

import (
	"fmt"
	"slices"
)

// grow takes back those that were to go first.
func (p *planner) grow(n int) {
	for _, s := range p.servers {
		if n > 0 && p.returns(s) {
			s.leavesFor = ""
			p.do(s, add, "it is wanted again", "")
			n--
		}
	}
	if n > 0 {
		p.create(n, fmt.Sprintf("%d are wanted", p.target))
	}
}

// One that was being drained when the bot started comes back only where there is no room for another beside it, as it
// was about to be resized in its place.
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

// create reports whether it will order any as soon as it can.
func (p *planner) create(n int, why string) {
	making := len(p.orders) + count(p.servers, (*tracked).halfMade)
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
