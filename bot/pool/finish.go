package pool

import (
	"fmt"
	"time"
)

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
