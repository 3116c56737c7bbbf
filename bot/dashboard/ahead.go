package dashboard

import (
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

const (
	aheadSpan               = 24 * time.Hour
	mostChanges             = 200 // a schedule may have one every minute
	aheadWidth, aheadHeight = 240.0, 40.0
)

type limitsStep struct {
	from time.Time
	schedule.Limits
}

// The first step begins at from.
func (d *Dashboard) steps(from, to time.Time) []limitsStep {
	out := []limitsStep{{from, d.o.Schedule.At(from)}}
	for len(out) < mostChanges {
		when, l, ok := d.o.Schedule.Next(out[len(out)-1].from)
		if !ok || !when.Before(to) {
			break
		}
		out = append(out, limitsStep{when.In(d.o.Zone), l})
	}
	return out
}

func (d *Dashboard) ahead(now time.Time) ahead {
	steps := d.steps(now, now.Add(aheadSpan))
	most := 1
	for _, s := range steps {
		most = max(most, s.Max)
	}
	x := func(t time.Time) float64 { return float64(t.Sub(now)) / float64(aheadSpan) * aheadWidth }
	y := func(n int) float64 { return aheadHeight - 1 - float64(n)/float64(most)*(aheadHeight-2) }
	var path strings.Builder
	move := "M"
	line := func(px, py float64) {
		fmt.Fprintf(&path, "%s%.1f %.1f", move, px, py)
		move = "L"
	}
	end := func(i int) float64 {
		if i+1 < len(steps) {
			return x(steps[i+1].from)
		}
		return aheadWidth
	}
	for i, s := range steps {
		line(x(s.from), y(s.Max))
		line(end(i), y(s.Max))
	}
	for i := len(steps) - 1; i >= 0; i-- {
		line(end(i), y(steps[i].Min)+1)
		line(x(steps[i].from), y(steps[i].Min)+1)
	}
	path.WriteString("Z")
	a := ahead{Band: path.String()}
	for h := 0; h <= 24; h += 6 {
		text := now.Add(time.Duration(h) * time.Hour).Format("15:04")
		if h == 0 {
			text = "now"
		}
		a.Hours = append(a.Hours, text)
	}
	for _, s := range steps[1:min(len(steps), 7)] {
		a.Changes = append(a.Changes, fmt.Sprintf("%s: %s", at(s.from, now), between(s.Min, s.Max)))
	}
	if more := len(steps) - 7; more > 0 {
		a.Changes = append(a.Changes, fmt.Sprintf("and %s more", count(more, "change", "changes")))
	}
	return a
}
