package cli

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A span has the flags that select a period.
type span struct{ since, until string }

func (s *span) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.since, "since", s.since,
		"start of the period: a `time` such as 30d, 36h, yesterday, \"fri 9:00\" or 2026-11-01")
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
	t, err := when.Reader{Now: now, Zone: zone}.Moment(text)
	if err != nil {
		m.add(flag, "%v", err)
	}
	return t.Time
}

// Reads the settings and the period, whose days are those of the settings' time zone. The error has all mistakes of
// both.
func (s span) read() (from, to time.Time, set *settings.Settings, err error) {
	set, err = settings.LoadAdmin()
	var m mistakes
	if m.settings(err); err != nil && len(m.problems) == 0 {
		return from, to, nil, err
	}
	zone := time.UTC
	if err == nil {
		zone = set.TimeZone.Location
	}
	from, to, err = s.times(time.Now(), zone)
	if m.settings(err); len(m.problems) > 0 {
		return from, to, nil, m.problems
	}
	return from, to, set, nil
}
