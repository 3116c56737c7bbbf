package pool

import (
	"fmt"
	"slices"
)

// replace exchanges one server at a time: by another that is made first where the maximum allows that, else by one
// that is made afterwards.
func (p *planner) replace() {
	old := p.candidate()
	if old == nil {
		p.plan.swap = swap{}
		return
	}
	others, well, half := p.others(old)
	switch {
	case others >= p.target && half == 0 && well >= p.target && p.canGo(old):
		p.takeAway(old, fmt.Sprintf("%s, and another serves in its place", p.plan.swap.why), p.plan.swap.why)
	case others >= p.target || half > 0 || p.leaving():
		// Another comes, or something goes that may make room.
	case p.now.Before(p.retry):
		p.create(1, "") // says why none is made now, which is no time to take one away
	case p.existing() < p.most && p.unaffordable(p.cost(), p.o.priceOf(p.size, p.servers), nil) == "":
		p.create(1, fmt.Sprintf("for %s, as %s", old.Name, p.plan.swap.why))
	default:
		p.makeRoom(old)
	}
}

func (p *planner) leaving() bool {
	return slices.ContainsFunc(p.servers, (*tracked).leaving)
}

// candidate sets the plan's swap: it prefers the server that is being replaced already, then one that fails, then one
// of another size.
func (p *planner) candidate() *tracked {
	if fails := p.failing(); fails != nil && p.plan.swap.why != failing {
		switch {
		case p.sick(fails):
			p.plan.swap = swap{fails.ID, failing}
		case p.plan.swap.why != shutOut:
			p.plan.swap = swap{fails.ID, shutOut}
		}
	}
	var outsize *tracked
	for _, s := range p.servers {
		switch {
		case !s.stays() || p.resizing[s.ID] != "":
		case s.ID == p.plan.swap.id && p.holds(s):
			return s
		case outsize == nil && !sameSize(s.Size, p.size) && s.stage == stageServing:
			outsize = s
		}
	}
	p.plan.swap = swap{}
	if outsize == nil || !p.quietly() {
		return nil
	}
	p.plan.swap = swap{outsize.ID, outsized}
	return outsize
}

func (p *planner) holds(s *tracked) bool {
	switch p.plan.swap.why {
	case failing:
		return p.sick(s)
	case shutOut:
		return p.overdue(s)
	case outsized:
		return !sameSize(s.Size, p.size)
	}
	return true
}

func (p *planner) quietly() bool {
	for _, s := range p.servers {
		if s.leaving() || s.halfMade() {
			return false
		}
	}
	return len(p.orders) == 0 && len(p.actions) == 0
}

// failing finds the server that has failed for the longest, and long enough. The balancer's word counts alone where
// it gives others requests: else it is the balancer, or what it was told of servers. Where most fail at once it is
// the check, the app, or what the app needs; new servers would fail as well.
func (p *planner) failing() (worst *tracked) {
	all, bad := 0, 0
	for _, s := range p.servers {
		if !s.stays() || p.resizing[s.ID] != "" {
			continue
		}
		all++
		if s.failsSince.IsZero() {
			continue
		}
		bad++
		if p.overdue(s) && (p.sick(s) || p.serving() > 0) && (worst == nil || p.worse(s, worst)) {
			worst = s
		}
	}
	if bad > 1 && 2*bad > all {
		if worst != nil {
			p.obstacles[ObstacleMass] = fmt.Sprintf("%d of %d servers fail at once, so none is replaced: it is the "+
				"health check or the app, "+
				"not the servers%s", bad, all, worst.trouble())
		}
		return nil
	}
	return worst
}

// worse goes first: one that fails itself, or else the one that has failed for longer.
func (p *planner) worse(a, b *tracked) bool {
	if p.sick(a) != p.sick(b) {
		return p.sick(a)
	}
	return a.failsSince.Before(b.failsSince)
}

// others counts all that stay, those that are well, and those not made yet.
func (p *planner) others(old *tracked) (all, well, half int) {
	all, half = len(p.orders)+p.ordered(), len(p.orders)+p.ordered()
	for _, s := range p.servers {
		if s.ID == old.ID || s.leaving() {
			continue
		}
		all++
		switch {
		case s.halfMade():
			half++
		case s.stage == stageServing && s.failsSince.IsZero():
			well++
		}
	}
	return all, well, half
}

func (p *planner) makeRoom(old *tracked) {
	switch {
	case !p.affords(p.cost()-p.o.hourly(old, p.servers), p.o.priceOf(p.size, p.servers), old):
		p.plan.swap = swap{}
	case p.plan.swap.why == outsized && old.stage != stageServing:
		// It is on its way back into rotation, and the minimum may need it there.
	case p.plan.swap.why == shutOut:
		p.plan.swap = swap{} // another might fare no better
	case p.canGo(old):
		p.takeAway(old, fmt.Sprintf("%s, and there is no room for another beside it", p.plan.swap.why), p.plan.swap.why)
	case p.plan.swap.why == outsized:
		p.inPlace(old)
	default:
		p.obstacles[ObstacleLeast] = fmt.Sprintf("%s is not replaced although %s: no fewer than %d may serve, and "+
			"the maximum is %d",
			old.Name, p.plan.swap.why, p.least, p.most)
		p.plan.swap = swap{}
	}
}

func (p *planner) inPlace(old *tracked) {
	p.plan.swap = swap{}
	_, can := p.o.Provider.(Resizer)
	downtime := fmt.Sprintf("%s stays at %s instead of %s: it cannot be replaced, as no fewer than %d may serve and "+
		"the maximum is %d",
		old.Name, old.Size, p.size, p.least, p.most)
	switch {
	case !can:
		p.obstacles[ObstacleWindow] = downtime +
			", and the provider cannot resize it in its place; let the maximum be one more"
	case p.o.Maintenance == nil:
		p.obstacles[ObstacleWindow] = downtime +
			"; resizing it in its place means downtime, and no maintenance window is set"
	case !p.o.Maintenance(p.now):
		p.obstacles[ObstacleWindow] = downtime +
			"; it is resized in its place in the maintenance window, with downtime of some minutes"
	case p.now.Before(p.resizeRetry):
		p.obstacles[ObstacleWindow] = fmt.Sprintf("%s; resizing it in its place failed, and is not tried again "+
			"before %s: %s",
			downtime, p.resizeRetry.UTC().Format("15:04:05 UTC"), p.resizeWhy)
	default:
		p.actions = append(p.actions, action{
			verb: resize, id: old.ID, name: old.Name, size: p.size,
			why: fmt.Sprintf("it is of size %s, and the maintenance window is open", old.Size),
		})
		p.used[old.ID] = true
	}
}
