package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// mistakes collects everything that is wrong with a command line, so one error lists it all.
type mistakes struct{ problems settings.Problems }

func (m *mistakes) add(name, format string, args ...any) {
	m.problems = append(m.problems, settings.Problem{Name: name, What: fmt.Sprintf(format, args...)})
}

func (m *mistakes) note(name string, err error) {
	if err != nil {
		m.add(name, "%s", strings.TrimPrefix(err.Error(), "simulate: "))
	}
}

func (m *mistakes) number(flag, text string, least, most float64) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= least && f <= most) {
		m.add(flag, "%q: must be a number from %g to %g", text, least, most)
	}
	return f
}

func (m *mistakes) whole(flag, text string, least, most uint64) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		m.add(flag, "%q: must be a whole number from %d to %d", text, least, most)
	}
	return n
}

func (m *mistakes) millis(flag, text string, most time.Duration) time.Duration {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0 && f <= float64(most.Milliseconds())) {
		m.add(flag, "%q: must be a number of milliseconds above 0 and up to %d", text, most.Milliseconds())
	}
	return time.Duration(f * float64(time.Millisecond))
}

func (m *mistakes) times(flag, text string) (least, most time.Duration) {
	low, high, two := strings.Cut(text, "-")
	least, err := when.Duration(low, 0)
	most = least
	if two && err == nil {
		most, err = when.Duration(high, 0)
	}
	if err != nil || most < least || most > time.Hour {
		m.add(flag, "%q: must be a time or a range of times up to 1h, such as 20s-60s", text)
	}
	return least, most
}

func (m *mistakes) after(flag, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := when.Duration(text, 0)
	if err != nil {
		m.add(flag, "%v", err)
	}
	return d
}

func (m *mistakes) settings(err error) {
	if ps, ok := err.(settings.Problems); ok { // never wrapped
		m.problems = append(m.problems, ps...)
	}
}
