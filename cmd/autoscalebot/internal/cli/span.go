package cli

import (
	"errors"
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

func (s span) times(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	from, err = parseMoment("--since", s.since, now, zone)
	to = now
	if s.until != "" {
		var uerr error
		to, uerr = parseMoment("--until", s.until, now, zone)
		err = errors.Join(err, uerr)
	}
	if err == nil && !from.Before(to) {
		err = fmt.Errorf("--since %s is not before --until %s", s.since, s.until)
	}
	return from, to, err
}

const longestAgo = 10 * 366 * 24 * time.Hour

func parseMoment(flag, text string, now time.Time, zone *time.Location) (time.Time, error) {
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
		return time.Time{}, fmt.Errorf("%s %q: must be a time ago such as 30d, 2w or 36h, or a day such "+
			"as 2026-11-01", flag, text)
	}
	return now.Add(-ago), nil
}
