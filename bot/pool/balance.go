package pool

import (
	"fmt"
	"slices"
)

// balance brings the number of servers to what is wanted. One that is being replaced may be there beyond that.
func (p *planner) balance() {
	all := len(p.orders)
	others := all
	for i := range p.servers {
		if s := &p.servers[i]; !s.leaving() {
			all++
			if s.ID != p.swap.id {
				others++
			}
		}
	}
	switch {
	case others > p.target:
		p.shrink(others - p.target)
	case all < p.target:
		p.grow(p.target - all)
	}
}

// shrink takes n servers away: half-made ones first, then those that fail, then those of another size, then the newest
// or the oldest.
func (p *planner) shrink(n int) {
	var victims []*tracked
	for i := range p.servers {
		if s := &p.servers[i]; !s.leaving() && p.resizing[s.ID] == "" {
			victims = append(victims, s)
		}
	}
	if !p.o.OldestFirst {
		slices.Reverse(victims)
	}
	rank := func(s *tracked) int {
		switch {
		case s.halfMade() && s.member == nil:
			return 0
		case s.halfMade():
			return 1
		case s.ID == p.swap.id:
			return 2
		case !s.failsSince.IsZero():
			return 3
		case !sameSize(s.Size, p.size):
			return 4
		}
		return 5
	}
	slices.SortStableFunc(victims, func(a, b *tracked) int { return rank(a) - rank(b) })
	for _, s := range victims[:min(n, len(victims))] {
		if !p.canGo(s) {
			p.obstacles[ObstacleLeast] = fmt.Sprintf("%s stays although %s, as no fewer than %d may serve", s.Name, surplus, p.least)
			p.blocked = true
			return
		}
		p.takeAway(s, fmt.Sprintf("%s: %d are wanted", surplus, p.target), surplus)
	}
}

// canGo says that a server can go without fewer than the minimum serving.
func (p *planner) canGo(s *tracked) bool {
	return !p.isServing(s) || p.serving() > p.least
}

// isServing says that a server counts as serving: one that fails its health check does not, whatever the balancer says.
func (p *planner) isServing(s *tracked) bool {
	return s.stage == stageServing && !s.leaving() && s.failsSince.IsZero()
}

func (p *planner) serving() (n int) {
	for i := range p.servers {
		if p.isServing(&p.servers[i]) {
			n++
		}
	}
	return n
}

// overdue says that a server has failed for long enough to be replaced.
func (p *planner) overdue(s *tracked) bool {
	return p.o.ReplaceAfter > 0 && s.served && !s.failsSince.IsZero() && p.now.Sub(s.failsSince) >= p.o.ReplaceAfter
}

// sick says that a server has failed the pool's own health check for long enough to be replaced.
func (p *planner) sick(s *tracked) bool {
	return p.overdue(s) && !s.sickSince.IsZero() && p.now.Sub(s.sickSince) >= p.o.ReplaceAfter
}

// existing counts all that may cost money.
func (p *planner) existing() int { return len(p.servers) + len(p.orders) }
