package pool

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

const (
	partOfTime = 3
	mostTries  = 4
)

// Finds what keeps a change from finishing, and reports whether everything under way is stuck. The pool then counts as
// settled, so that the bot can scale down or ask for something else. stay counts the servers that are finished and not
// leaving.
func (p *planner) stuck(stay int) bool {
	under, late := len(p.orders)+p.ordered(), 0
	for _, s := range p.servers {
		var about Obstacle
		var why string
		switch {
		case p.resizing[s.ID] != "":
			under++
			continue
		case s.halfMade():
			about, why = ObstacleCreate, p.late(s)
			under++
		case s.leavesFor == tooLate && !s.leaveBegun && !s.served:
			about, why = ObstacleCreate, s.Name+" was not created in time"+s.trouble()
			under++
		case s.leaving() && s.stage != stageEnding:
			about, why = ObstacleDestroy, p.undestroyed(s)
			under++
		case s.stage == stageEnding && stay < p.target && p.existing() >= p.most:
			about, why = ObstacleDestroy, p.lingers(s)
		}
		if why == "" || about == ObstacleCreate && stay >= p.target {
			continue
		}
		late++
		if p.obstacles[about] == "" {
			p.obstacles[about] = why
		}
	}
	return late > 0 && late >= under
}

func (p *planner) late(s *tracked) string {
	from, within, what := s.hurdle(p.o)
	if p.toSwitchOn(s) || p.now.Sub(from) < within/partOfTime || p.obstacles[ObstacleBalancer] != "" &&
		p.unwanted(s) != "" {
		return ""
	}
	return fmt.Sprintf("%s is not %s after %s of at most %v%s%s",
		s.Name, what, words.Length(p.now.Sub(from)), within.Round(time.Second), s.trouble(), s.joinNote())
}

func (p *planner) lingers(s *tracked) string {
	if s.ended.IsZero() || p.now.Sub(s.ended) < p.o.ActiveWithin/partOfTime {
		return ""
	}
	return fmt.Sprintf("%s was destroyed %s ago and still exists, and the maximum is %d", s.Name,
		words.Length(p.now.Sub(s.ended)), p.most)
}

func (p *planner) undestroyed(s *tracked) string {
	if s.tries < mostTries {
		return ""
	}
	return fmt.Sprintf("%s cannot be removed, tried %s: %s", s.Name, times(s.tries), s.last)
}
