package pool

import (
	"fmt"
	"slices"
	"time"
)

// A verb is what is done with a server or a member.
type verb string

const (
	create  verb = "create"
	add     verb = "add"     // put behind the balancer, or let it take requests again
	drain   verb = "drain"   // end its new requests
	remove  verb = "remove"  // take it out of the balancer
	destroy verb = "destroy" // end it for good
	resize  verb = "resize"  // in its place
	wake    verb = "switch on"
)

// An action is one call of the provider or the balancer, and why it is made.
type action struct {
	verb   verb
	id     string // the server's, empty for create and for members without a server
	name   string
	size   string // for create and resize
	member Member // for drain and remove
	doom   reason // why the server goes, where it does
	failed bool   // a creation failed
	why    string // for people
}

// A plan is what is to be done now, and what keeps the pool from what it should do.
type plan struct {
	actions   []action
	obstacles map[Obstacle]string
	swap      swap
	// busy says that something is under way, so the next pass is soon; settled that there are as many servers as wanted, or that what
	// is missing waits for longer than a change takes.
	busy, settled bool
}

// A state is all that a plan is made from. Making it changes nothing.
type state struct {
	memory
	servers []sight // the oldest first
	stale   []Member
	taken   map[string]bool // names that a new server can't have
	now     time.Time
	least   int
	most    int
	target  int // what is wanted, within the limits
}

func (s *state) plan(o *Options) plan {
	p := planner{state: s, o: o, plan: plan{obstacles: map[Obstacle]string{}, swap: s.swap}, used: map[string]bool{}}
	p.tidy()
	p.finish()
	p.balance()
	p.replace()
	p.wake()
	p.leave()
	p.finally()
	return p.plan
}

// A planner makes one plan.
type planner struct {
	*state
	plan
	o       *Options
	used    map[string]bool // servers that something is done with already
	blocked bool            // what is missing is not under way
}

// do adds an action on a server, one at the most each pass, and none right after one that failed.
func (p *planner) do(s *sight, v verb, why string, doom reason) {
	if doom != "" {
		s.doom = doom
	}
	if p.used[s.ID] || p.now.Before(s.retry) {
		return
	}
	p.used[s.ID] = true
	a := action{verb: v, id: s.ID, name: s.Name, doom: doom, why: why, failed: doom == tooLate || doom == unmade}
	if s.member != nil {
		a.member = *s.member
	}
	p.actions = append(p.actions, a)
}

// tidy takes members out whose servers are no more, or are ending.
func (p *planner) tidy() {
	// Where nobody serves, taking members out wins nothing, and loses everything where the provider is asked about another account.
	for _, m := range p.stale {
		if !slices.ContainsFunc(p.servers, func(s sight) bool { return s.stage == stageServing }) {
			break
		}
		p.actions = append(p.actions, action{verb: remove, name: m.Name, member: m, why: "its server is no more"})
	}
	for i := range p.servers {
		if s := &p.servers[i]; s.stage == stageEnding && s.member != nil {
			p.do(s, remove, "its server is being ended", "")
		}
	}
}

// finish brings half-made servers further, and gives up those that are past their deadline.
func (p *planner) finish() {
	for i := range p.servers {
		s := &p.servers[i]
		if s.leaving() || p.resizing[s.ID] != "" || p.wakes(s) {
			continue
		}
		if s.half() {
			if due, what := s.deadline(p.o); !p.now.Before(due) {
				s.doom = tooLate
				p.condemn(s, fmt.Sprintf("it was not %s in time%s", what, s.trouble()), tooLate)
				continue
			}
		}
		switch s.stage {
		case stageReady:
			p.do(s, add, fmt.Sprintf("its health check has passed %s", times(s.passes)), "")
		case stageDraining, stageDrained:
			p.do(s, add, "it stays", "") // what it was drained for did not work out
		case stageJoining, stageServing, stageDown:
			if s.member != nil && s.member.Partly {
				p.do(s, add, "not all that the balancer is made of have it", "")
			}
		case stageMaking, stageChecking, stageOff, stageFailed, stageEnding:
		}
	}
}

// deadline is until when a half-made server must be further, and how far.
func (s *sight) deadline(o *Options) (due time.Time, what string) {
	switch {
	case !s.added.IsZero():
		return s.added.Add(o.JoinedWithin), "serving"
	case !s.active.IsZero():
		return s.active.Add(o.HealthyWithin), "healthy"
	}
	from := s.seen
	if !s.Created.IsZero() && s.Created.Before(from) {
		from = s.Created
	}
	return from.Add(o.ActiveWithin), "active"
}

// trouble is what is wrong with it, for the end of a sentence.
func (s *sight) trouble() string {
	if s.what == "" {
		return ""
	}
	return ": " + s.what
}

// condemn begins to take a server away: it is drained where it is behind the balancer, else destroyed.
func (p *planner) condemn(s *sight, why string, doom reason) {
	if s.member != nil && s.stage != stageDraining && s.stage != stageDrained {
		p.do(s, drain, why, doom)
		return
	}
	p.do(s, destroy, why, doom)
}

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

// shrink takes n servers away: half-made ones first, then those that fail, then those of another size, then the newest or the oldest.
func (p *planner) shrink(n int) {
	var victims []*sight
	for i := range p.servers {
		if s := &p.servers[i]; !s.leaving() && p.resizing[s.ID] == "" {
			victims = append(victims, s)
		}
	}
	if !p.o.OldestFirst {
		slices.Reverse(victims)
	}
	rank := func(s *sight) int {
		switch {
		case s.half() && s.member == nil:
			return 0
		case s.half():
			return 1
		case s.ID == p.swap.id:
			return 2
		case !s.bad.IsZero():
			return 3
		case !sameSize(s.Size, p.size):
			return 4
		}
		return 5
	}
	slices.SortStableFunc(victims, func(a, b *sight) int { return rank(a) - rank(b) })
	for _, s := range victims[:min(n, len(victims))] {
		if !p.spare(s) {
			p.obstacles[ObstacleLeast] = fmt.Sprintf("%s stays although %s, as no fewer than %d may serve", s.Name, surplus, p.least)
			p.blocked = true
			return
		}
		p.condemn(s, fmt.Sprintf("%s: %d are wanted", surplus, p.target), surplus)
	}
}

// spare says that a server can go without fewer than the minimum serving.
func (p *planner) spare(s *sight) bool {
	return !p.helps(s) || p.serving() > p.least
}

// helps says that a server counts as serving: one that fails its health check does not, whatever the balancer says.
func (p *planner) helps(s *sight) bool {
	return s.stage == stageServing && !s.leaving() && s.bad.IsZero()
}

func (p *planner) serving() (n int) {
	for i := range p.servers {
		if p.helps(&p.servers[i]) {
			n++
		}
	}
	return n
}

// overdue says that a server has failed for long enough to be replaced.
func (p *planner) overdue(s *sight) bool {
	return p.o.ReplaceAfter > 0 && s.served && !s.bad.IsZero() && p.now.Sub(s.bad) >= p.o.ReplaceAfter
}

// existing counts all that may cost money.
func (p *planner) existing() int { return len(p.servers) + len(p.orders) }

// leave goes on with the servers that are on their way out.
func (p *planner) leave() {
	for i := range p.servers {
		s := &p.servers[i]
		if s.stage == stageEnding {
			if s.State != Ending && p.now.Sub(s.ended) >= latest {
				p.do(s, destroy, "it is still there although it was destroyed", "")
			}
			continue
		}
		if s.doom == "" || p.used[s.ID] || p.resizing[s.ID] != "" {
			continue
		}
		switch {
		case s.member == nil:
			p.do(s, destroy, string(s.doom), s.doom)
		case s.stage == stageDrained:
			p.do(s, remove, "it has no requests any more", s.doom)
		case s.stage == stageDraining && p.now.Sub(s.drains) >= p.o.DrainTimeout:
			p.do(s, remove, fmt.Sprintf("its requests have not ended within %v", p.o.DrainTimeout), s.doom)
		case s.stage == stageDraining && s.member.Partly:
			p.do(s, drain, "not all that the balancer is made of know that it drains", s.doom)
		case s.stage == stageDraining:
		case s.stage == stageServing && s.bad.IsZero() && p.serving() < p.least:
			// It was to go, and takes requests: nothing is lost by its staying until others do.
		default:
			p.do(s, drain, string(s.doom), s.doom)
		}
	}
}

// finally says how far the pool is from what is wanted.
func (p *planner) finally() {
	stay, moving, surplusGoes := 0, len(p.orders) > 0, false
	for i := range p.servers {
		s := &p.servers[i]
		switch {
		case s.stays():
			stay++
			moving = moving || s.stage == stageMaking || s.bad.IsZero() && s.stage != stageServing // it comes back
		default:
			moving = true
			surplusGoes = surplusGoes || s.stage != stageEnding && (s.doom == surplus || s.doom == drained || s.doom == byHand)
		}
	}
	p.busy = moving || len(p.resizing) > 0 || len(p.actions) > 0 || p.now.Before(p.quiet) && (stay < p.target || p.plan.swap.id != "")
	if p.fails > 0 && stay < p.target && p.obstacles[ObstacleCreate] == "" {
		p.obstacles[ObstacleCreate] = fmt.Sprintf("making a server failed %s, and is tried again: %s", times(p.fails), p.why)
	}
	swapped := stay
	if p.plan.swap.id != "" {
		swapped--
	}
	p.settled = p.blocked || !surplusGoes && (stay == p.target || swapped == p.target)
}
