package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A span has the flags that select a period.
type span struct{ since, until string }

func (s *span) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.since, "since", s.since,
		"start of the period: a `time` ago such as 30d, 2w or 36h, or a day such as 2026-11-01")
	cmd.Flags().StringVar(&s.until, "until", "", "end of the period, a `time` in the same form (default: now)")
}

// The error is a [settings.Problems] with all mistakes.
func (s span) times(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	var m mistakes
	from = m.moment("--since", s.since, now, zone)
	to = now
	if s.until != "" {
		to = m.moment("--until", s.until, now, zone)
	}
	if len(m.problems) == 0 && !from.Before(to) {
		m.add("--since, --until", "%s is not before %s", s.since, cmp.Or(s.until, "now"))
	}
	if len(m.problems) > 0 {
		return from, to, m.problems
	}
	return from, to, nil
}

func (m *mistakes) moment(flag, text string, now time.Time, zone *time.Location) time.Time {
	t, err := parseMoment(text, now, zone)
	if err != nil {
		m.add(flag, "%v", err)
	}
	return t
}

const longestAgo = 10 * 366 * 24 * time.Hour

func parseMoment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := time.ParseDuration(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			var f float64
			if f, err = strconv.ParseFloat(n, 64); err == nil {
				ago = time.Duration(min(f, 1e5) * float64(length))
			}
		}
	}
	if err != nil || ago < 0 || ago > longestAgo {
		return time.Time{}, fmt.Errorf("%q: must be a time ago such as 30d, 2w or 36h, or a day such as 2026-11-01",
			text)
	}
	return now.Add(-ago), nil
}
