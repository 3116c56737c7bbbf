package pool

import (
	"fmt"
	"time"
)

func (p *planner) finish() {
	for _, s := range p.servers {
		if s.leaving() || p.resizing[s.ID] != "" || p.toSwitchOn(s) {
			continue
		}
		if why := p.unwanted(s); why != "" {
			p.waitsForBalancer(s, why)
		} else if s.halfMade() {
			if due, what := s.deadline(p.o); !p.now.Before(due) {
				s.leavesFor = tooLate
				p.takeAway(s, fmt.Sprintf("it was not %s in time%s%s", what, s.trouble(), s.joinNote()), tooLate)
				continue
			}
		}
		switch s.stage {
		case stageReady:
			p.do(s, add, fmt.Sprintf("it passed its health check %s", times(s.passes)), "")
		case stageDraining, stageDrained:
			p.do(s, add, "it stays", "") // the reason to drain it is gone
		case stageJoining, stageServing, stageDown:
			if s.member != nil && s.member.Partly {
				p.do(s, add, "not every instance of the balancer has it", "")
			}
		case stageMaking, stageChecking, stageOff, stageFailed, stageEnding:
		}
	}
}

// The reason why the balancer sends a healthy server no requests; "" if it does, or may soon. Destroying the server
// would not help: a new one would get none either.
func (p *planner) unwanted(s *tracked) string {
	// A server that was healthy before gets HealthyWithin to recover.
	well := s.sickSince.IsZero() || p.now.Sub(s.sickSince) < p.o.HealthyWithin
	switch {
	case s.refused != "" && well:
		return s.refused
	case s.stage == stageJoining && well && p.o.Health != nil && p.now.Sub(s.added) >= p.o.JoinedWithin:
		return s.member.Note
	case s.stage == stageDown && s.shutOut() && p.now.Sub(s.failsSince) >= p.o.JoinedWithin:
		return s.problem
	}
	return ""
}

func (p *planner) waitsForBalancer(s *tracked, why string) {
	p.blocked = p.blocked || s.halfMade()
	if p.obstacles[ObstacleBalancer] == "" {
		p.obstacles[ObstacleBalancer] = fmt.Sprintf(
			"%s is healthy, but the balancer sends it no requests: %s", s.Name, why)
	}
}

func (s *tracked) deadline(o *Options) (due time.Time, what string) {
	from, within, what := s.hurdle(o)
	return from.Add(within), what
}

// The next stage that an unfinished server must reach, when it started, and the time it has.
func (s *tracked) hurdle(o *Options) (from time.Time, within time.Duration, what string) {
	switch {
	case !s.added.IsZero():
		return s.added, o.JoinedWithin, "serving"
	case !s.active.IsZero():
		return s.active, o.HealthyWithin, "healthy"
	}
	from = s.firstSeen
	if !s.Created.IsZero() && s.Created.Before(from) {
		from = s.Created
	}
	return from, o.ActiveWithin, "active"
}

func (s *tracked) trouble() string {
	if s.problem == "" {
		return ""
	}
	return ": " + s.problem
}

func (s *tracked) joinNote() string {
	if s.stage != stageJoining {
		return ""
	}
	return noted(s.member.Note)
}

// Draining comes first for a server behind the balancer.
func (p *planner) takeAway(s *tracked, why string, leavesFor reason) {
	if s.member != nil && s.stage != stageDraining && s.stage != stageDrained {
		p.do(s, drain, why, leavesFor)
		return
	}
	p.do(s, destroy, why, leavesFor)
}
