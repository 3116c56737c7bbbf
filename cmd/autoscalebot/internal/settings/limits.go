package settings

import (
	"fmt"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Limits configures the minimum and maximum number of dynos.
type Limits struct {
	MinDynos schedule.Series `envconfig:"MIN_DYNOS" default:"1" desc:"Minimum number of dynos: a number, or a schedule such as ''0:00=1, mon-fri 8:00=3, mon-fri 18:00=1''."`
	MaxDynos schedule.Series `envconfig:"MAX_DYNOS" default:"3" desc:"Maximum number of dynos, in the form of MIN_DYNOS."`
	TimeZone Zone            `envconfig:"TIME_ZONE" default:"UTC" desc:"Time zone of schedules and quiet hours, by its IANA name, such as ''Europe/Berlin''."`

	// Table combines MinDynos, MaxDynos and TimeZone.
	Table schedule.Table `ignored:"true"`
}

func (ps *Problems) checkLimits(s *Settings) {
	ps.checkCosts(s)
	low, high := s.called("MIN_DYNOS"), s.called("MAX_DYNOS")
	if ps.has(low, high) {
		return
	}
	// in UTC if the zone is invalid, so that the other mistakes are found too
	table, err := schedule.New(s.MinDynos, s.MaxDynos, s.TimeZone.Location)
	if err != nil {
		ps.add(low+", "+high, "%s", s.Named(err.Error()))
	}
	s.Table = table
}

// Silenced returns a line for each row of MIN_DYNOS and MAX_DYNOS that more specific rows replace on some days.
func (s *Settings) Silenced() []string {
	var out []string
	for _, table := range []struct {
		name string
		schedule.Series
	}{{s.called("MIN_DYNOS"), s.MinDynos}, {s.called("MAX_DYNOS"), s.MaxDynos}} {
		rows := table.Silenced()
		for _, row := range rows {
			out = append(out, fmt.Sprintf("%s: %v", table.name, row))
		}
		if len(rows) == schedule.MostSilenced {
			out = append(out, fmt.Sprintf("%s: there may be more rows like this", table.name))
		}
	}
	return out
}
