package pool

import (
	"fmt"
)

func (p *planner) leave() {
	for _, s := range p.servers {
		if s.stage == stageEnding {
			if s.State != Ending && p.now.Sub(s.ended) >= latest {
				p.do(s, destroy, "it was destroyed, but still exists", "")
			}
			continue
		}
		if s.leavesFor == "" || p.used[s.ID] || p.resizing[s.ID] != "" {
			continue
		}
		switch {
		case s.member == nil:
			p.do(s, destroy, string(s.leavesFor), s.leavesFor)
		case s.stage == stageDrained:
			p.do(s, remove, "it has no requests left", s.leavesFor)
		case s.stage == stageDraining && p.now.Sub(s.drainsSince) >= p.o.DrainTimeout:
			p.do(s, remove, fmt.Sprintf("its requests did not end within %v", p.o.DrainTimeout), s.leavesFor)
		case s.stage == stageDraining && s.member.Partly:
			p.do(s, drain, "not every instance of the balancer drains it", s.leavesFor)
		case s.stage == stageDraining:
		case s.stage == stageServing && s.failsSince.IsZero() && p.serving() < p.least:
			// It is leaving, but gets requests, and the minimum needs it until others serve.
		default:
			p.do(s, drain, string(s.leavesFor), s.leavesFor)
		}
	}
}
