package pool

import (
	"fmt"
	"slices"
)

// A server that is being replaced may exist in addition to the desired number.
func (p *planner) balance() {
	all := len(p.orders)
	others := all
	for _, s := range p.servers {
		if !s.leaving() {
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

// Order of removal: unfinished servers, failing ones, those of another size, then the newest or the oldest.
func (p *planner) shrink(n int) {
	var victims []*tracked
	for _, s := range p.servers {
		if !s.leaving() && p.resizing[s.ID] == "" {
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
			p.obstacles[ObstacleLeast] = fmt.Sprintf("%s stays although %s: at least %d must serve",
				s.Name, surplus, p.least)
			p.blocked = true
			return
		}
		p.takeAway(s, fmt.Sprintf("%s (desired %d)", surplus, p.target), surplus)
	}
}

func (p *planner) canGo(s *tracked) bool {
	return !p.isServing(s) || p.serving() > p.least
}

// A server that fails its health check does not serve, whatever the balancer says.
func (p *planner) isServing(s *tracked) bool {
	return s.stage == stageServing && !s.leaving() && s.failsSince.IsZero()
}

func (p *planner) serving() int { return count(p.servers, p.isServing) }

func count(servers []*tracked, those func(*tracked) bool) (n int) {
	for _, s := range servers {
		if those(s) {
			n++
		}
	}
	return n
}

func (p *planner) overdue(s *tracked) bool {
	return p.o.ReplaceAfter > 0 && s.served && !s.failsSince.IsZero() && p.now.Sub(s.failsSince) >= p.o.ReplaceAfter
}

func (p *planner) sick(s *tracked) bool {
	return p.overdue(s) && !s.sickSince.IsZero() && p.now.Sub(s.sickSince) >= p.o.ReplaceAfter
}

func (p *planner) existing() int { return len(p.servers) + len(p.orders) }
