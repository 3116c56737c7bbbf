package pool

import (
	"fmt"
	"slices"
	"time"
)

type verb string

const (
	create   verb = "create"
	add      verb = "add"     // put behind the balancer, or back into rotation
	drain    verb = "drain"   // stop new requests
	remove   verb = "remove"  // take it out of the balancer
	destroy  verb = "destroy" // for good
	resize   verb = "resize"  // in place
	switchOn verb = "switch on"
)

type action struct {
	verb      verb
	id        string // of the server; empty for create, and for members without a server
	name      string
	size      string // for create and resize
	member    Member // for drain and remove
	leavesFor reason // why the server leaves; empty if it stays
	failed    bool   // it is a failed creation
	why       string // for people
}

type plan struct {
	actions   []action
	obstacles map[Obstacle]string
	swap      swap
	// busy: something is under way, so the next pass is soon. settled: the desired number is reached, or what is
	// missing is stuck.
	busy, settled bool
}

type state struct {
	memory
	servers []*tracked // oldest first
	stale   []Member
	taken   map[string]bool // names that a new server cannot have
	now     time.Time
	least   int
	most    int
	target  int // desired, within the limits
}

func (s *state) plan(o *Options) plan {
	p := planner{state: s, o: o, plan: plan{obstacles: map[Obstacle]string{}, swap: s.swap}, used: map[string]bool{}}
	p.tidy()
	p.finish()
	p.balance()
	p.replace()
	p.switchOn()
	p.leave()
	p.finally()
	return p.plan
}

type planner struct {
	*state
	plan
	o       *Options
	used    map[string]bool // servers that already have an action in this pass
	blocked bool            // what is missing is not under way
}

// At most one action for each server and pass, and none right after a failure. Removing a server overrides adding it.
func (p *planner) do(s *tracked, v verb, why string, leavesFor reason) {
	if leavesFor != "" {
		s.leavesFor = leavesFor
	}
	if p.now.Before(s.retry) && (s.tried != add || leavesFor == "") {
		return
	}
	if p.used[s.ID] {
		i := slices.IndexFunc(p.actions, func(a action) bool { return a.id == s.ID && a.verb == add })
		if i < 0 || leavesFor == "" {
			return
		}
		p.actions = slices.Delete(p.actions, i, i+1)
	}
	p.used[s.ID] = true
	a := action{
		verb: v, id: s.ID, name: s.Name, leavesFor: leavesFor, why: why, failed: leavesFor == tooLate ||
			leavesFor == unmade,
	}
	if s.member != nil {
		a.member = *s.member
	}
	p.actions = append(p.actions, a)
}

func (p *planner) tidy() {
	// If no server serves, removing members gains nothing. It loses everything if the provider's credentials are for
	// another account.
	for _, m := range p.stale {
		if !slices.ContainsFunc(p.servers, func(s *tracked) bool { return s.stage == stageServing }) {
			break
		}
		p.actions = append(p.actions, action{verb: remove, name: m.Name, member: m, why: "its server is gone"})
	}
	for _, s := range p.servers {
		if s.stage == stageEnding && s.member != nil {
			p.do(s, remove, "its server is being destroyed", "")
		}
	}
}

func (p *planner) finally() {
	stay, moving, surplusGoes := 0, len(p.orders) > 0, false
	for _, s := range p.servers {
		switch {
		case s.stays():
			stay++
			moving = moving || s.stage == stageMaking || s.failsSince.IsZero() &&
				s.stage != stageServing // it returns to rotation
		default:
			moving = true
			surplusGoes = surplusGoes || s.stage != stageEnding && (s.leavesFor == surplus || s.leavesFor == drained)
		}
	}
	p.blocked = p.blocked || p.stuck(stay)
	p.busy = moving || len(p.resizing) > 0 || len(p.actions) > 0 ||
		p.now.Before(p.quiet) && (stay < p.target || p.plan.swap.id != "")
	if p.fails > 0 && stay < p.target && p.obstacles[ObstacleCreate] == "" {
		p.obstacles[ObstacleCreate] = fmt.Sprintf("creating a server failed %s, and will be retried: %s",
			times(p.fails), p.why)
	}
	swapped := stay
	if p.plan.swap.id != "" {
		swapped--
	}
	p.settled = p.blocked || !surplusGoes && (stay == p.target || swapped == p.target)
}
