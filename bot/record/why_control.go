package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Paused describes the pauses in force at now; "" without one.
func Paused(c decide.Control, now time.Time) string {
	var parts []string
	for _, p := range []struct {
		what string
		decide.Pause
	}{{"scaling up", c.Up}, {"scaling down", c.Down}} {
		by := ""
		if p.By != "" {
			by = " by " + p.By
		}
		switch {
		case !p.Active(now):
		case p.Until.IsZero():
			parts = append(parts, fmt.Sprintf("%s is paused%s until somebody resumes it", p.what, by))
		default:
			parts = append(parts, fmt.Sprintf("%s is paused%s until %s", p.what, by, Clock(p.Until)))
		}
	}
	return strings.Join(parts, ", ")
}

// Clock formats t in UTC, to the minute.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
