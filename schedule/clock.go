package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

func parseClock(text string) (minute int, err error) {
	hour, min, ok := strings.Cut(text, ":")
	h, hourOK := digits(hour)
	m, minOK := digits(min)
	if !ok || !hourOK || !minOK || len(hour) > 2 || len(min) != 2 || h > 23 || m > 59 {
		return 0, fmt.Errorf("%s is not a time from 0:00 to 23:59; write %s", quote(text), nearestClock(text))
	}
	return h*60 + m, nil
}

func clockText(minute int) string {
	if minute == minutesPerDay {
		return "midnight"
	}
	return fmt.Sprintf("%d:%02d", minute/60, minute%60)
}

func nearestClock(text string) string {
	text = strings.ToLower(strings.ReplaceAll(text, ".", ":"))
	text, pm := strings.CutSuffix(text, "pm")
	text, am := strings.CutSuffix(text, "am")
	hour, min, _ := strings.Cut(strings.TrimSpace(text), ":")
	h, hourOK := digits(hour)
	m, minOK := digits(min)
	switch {
	case !hourOK, min != "" && !minOK, h > 24, m > 59, h == 24 && m > 0:
		return "H:MM, such as 9:00"
	case pm && h < 12, am && h == 12:
		h += 12
	}
	return clockText(h%24*60 + m)
}

// At most 9 digits, and nothing else.
func digits(text string) (n int, ok bool) {
	if text == "" || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
