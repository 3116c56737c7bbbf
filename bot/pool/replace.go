package pool

import (
	"fmt"
	"slices"
)

// One server at a time. The new one comes first if the maximum has room for it, otherwise the old one leaves first.
func (p *planner) replace() {
	old := p.candidate()
	if old == nil {
		p.plan.swap = swap{}
		return
	}
	others, well, half := p.others(old)
	switch {
	case others >= p.target && half == 0 && well >= p.target && p.canGo(old):
		p.takeAway(old, fmt.Sprintf("%s, and its replacement serves", p.plan.swap.why), p.plan.swap.why)
	case others >= p.target || half > 0 || p.leaving():
		// The replacement is under way, or a server that is leaving may make room.
	case p.now.Before(p.retry):
		p.create(1, "") // sets the obstacle; no time to remove a server
	case p.existing() < p.most && p.unaffordable(p.cost(), p.o.priceOf(p.size, p.servers), nil) == "":
		p.create(1, fmt.Sprintf("to replace %s (%s)", old.Name, p.plan.swap.why))
	default:
		p.makeRoom(old)
	}
}

func (p *planner) leaving() bool {
	return slices.ContainsFunc(p.servers, (*tracked).leaving)
}

// Sets the plan's swap. A replacement under way comes first, then a failing server, then one of another size.
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

// The server that has failed longest, and long enough. The balancer's verdict alone counts only if the balancer sends
// other servers requests: otherwise the balancer or its configuration is at fault. If most servers fail at once, the
// cause is the check, the app, or something the app needs, and new servers would fail too.
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
			p.obstacles[ObstacleMass] = fmt.Sprintf("%d of %d servers fail at once, so none is replaced: the "+
				"cause is the "+
				"health check or the app, not the servers%s", bad, all, worst.trouble())
		}
		return nil
	}
	return worst
}

// Servers that fail their own check come first, then the one that has failed longer.
func (p *planner) worse(a, b *tracked) bool {
	if p.sick(a) != p.sick(b) {
		return p.sick(a)
	}
	return a.failsSince.Before(b.failsSince)
}

// all counts every server that stays, well the healthy ones that serve, half the unfinished ones.
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
		// It is returning to rotation, and the minimum may need it there.
	case p.plan.swap.why == shutOut:
		p.plan.swap = swap{} // a new server would not help
	case p.canGo(old):
		p.takeAway(old, fmt.Sprintf("%s, and the maximum leaves no room for another", p.plan.swap.why), p.plan.swap.why)
	case p.plan.swap.why == outsized:
		p.inPlace(old)
	default:
		p.obstacles[ObstacleLeast] = fmt.Sprintf("%s is not replaced although %s: at least %d must serve, and the "+
			"maximum is %d", old.Name, p.plan.swap.why, p.least, p.most)
		p.plan.swap = swap{}
	}
}

func (p *planner) inPlace(old *tracked) {
	p.plan.swap = swap{}
	_, can := p.o.Provider.(Resizer)
	downtime := fmt.Sprintf("%s stays at size %s instead of %s: it cannot be replaced, because at least %d must serve "+
		"and the maximum is %d", old.Name, old.Size, p.size, p.least, p.most)
	switch {
	case !can:
		p.obstacles[ObstacleWindow] = downtime +
			", and the provider cannot resize in place. Raise the maximum by one"
	case p.o.Maintenance == nil:
		p.obstacles[ObstacleWindow] = downtime +
			"; resizing it in place means downtime, and no maintenance window is set"
	case !p.o.Maintenance(p.now):
		p.obstacles[ObstacleWindow] = downtime +
			"; it will be resized in place in the maintenance window, with some minutes of downtime"
	case p.now.Before(p.resizeRetry):
		p.obstacles[ObstacleWindow] = fmt.Sprintf("%s; resizing it in place failed, and is not retried before %s: %s",
			downtime, p.resizeRetry.UTC().Format("15:04:05 UTC"), p.resizeWhy)
	default:
		p.actions = append(p.actions, action{
			verb: resize, id: old.ID, name: old.Name, size: p.size,
			why: fmt.Sprintf("its size is %s, and the maintenance window is open", old.Size),
		})
		p.used[old.ID] = true
	}
}
