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

// unwanted says why the balancer does not take a server that is healthy; "" where it does, or may yet. That is no
// reason to destroy the server: another would fare no better.
func (p *planner) unwanted(s *tracked) string {
	// One that was well before has that long to be so again.
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
			"%s is healthy and gets no requests, since the balancer does not take it: %s", s.Name, why)
	}
}

func (s *tracked) deadline(o *Options) (due time.Time, what string) {
	from, within, what := s.hurdle(o)
	return from.Add(within), what
}

// hurdle is what a half-made server must reach next, since when it tries, and how long it may take.
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

// takeAway drains a server that is behind the balancer, and destroys another.
func (p *planner) takeAway(s *tracked, why string, leavesFor reason) {
	if s.member != nil && s.stage != stageDraining && s.stage != stageDrained {
		p.do(s, drain, why, leavesFor)
		return
	}
	p.do(s, destroy, why, leavesFor)
}
