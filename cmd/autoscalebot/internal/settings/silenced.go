package settings

import (
	"fmt"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Silenced says which rows of MIN_DYNOS and MAX_DYNOS do not begin on days on which they seem to, one a line.
func (s *Settings) Silenced() []string {
	var out []string
	for _, table := range []struct {
		name string
		schedule.Series
	}{{"MIN_DYNOS", s.MinDynos}, {"MAX_DYNOS", s.MaxDynos}} {
		rows := table.Silenced()
		for _, row := range rows {
			out = append(out, fmt.Sprintf("%s: %v", table.name, row))
		}
		if len(rows) == schedule.MostSilenced {
			out = append(out, fmt.Sprintf("%s: there may be more such rows", table.name))
		}
	}
	return out
}
