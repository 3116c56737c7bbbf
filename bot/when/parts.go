package when

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parts are what a text of a day and a time of day consists of.
type parts struct {
	Reader
	days    []time.Time // the days it can mean, the nearest first, at noon of UTC
	named   bool        // the text names the day
	clock   clock
	timed   bool // the text has a time of day
	abbrev  string
	written string // the time of day, as in errors
}

type clock struct{ hour, minute, second int }

func (c clock) on(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, c.second, 0, time.UTC)
}

func (c clock) String() string {
	if c.second != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", c.hour, c.minute, c.second)
	}
	return fmt.Sprintf("%02d:%02d", c.hour, c.minute)
}

// The text is in the form of normal.
func (r Reader) parts(text string) (parts, error) {
	p := parts{Reader: r}
	day, afterClock := "", false
	for _, f := range fields(text) {
		switch isClock := startsWithClock(f); {
		case isClock && p.timed:
			return p, errUnknown
		case isClock:
			if err := p.takeClock(f); err != nil {
				return p, err
			}
			afterClock = p.abbrev == ""
			continue
		case afterClock && isZone(f):
			p.abbrev = f
		case day == "":
			day = f
		default:
			return p, errUnknown
		}
		afterClock = false
	}
	if err := p.fixZone(); err != nil {
		return p, err
	}
	return p, p.takeDay(day)
}

// A day, a time of day and a zone are one field each. The words "at" and "on" are left out.
func fields(text string) (out []string) {
	for i, f := range strings.Fields(text) {
		date, clock, isBoth := strings.Cut(f, "t")
		switch {
		case (f == "am" || f == "pm") && i > 0 && len(out) > 0:
			out[len(out)-1] += f
		case f == "at" || f == "on":
		case isBoth && isDate(date):
			out = append(out, date, clock)
		default:
			out = append(out, f)
		}
	}
	return out
}

func isDate(text string) bool { return len(text) == 10 && text[4] == '-' && text[7] == '-' }

func startsWithClock(f string) bool {
	n, rest := digits(f)
	return n != "" && len(n) <= 2 && (strings.HasPrefix(rest, ":") || rest == "am" || rest == "pm")
}

const longestAbbreviation = 5 // such as CHADT

// Letters, or an offset; not a day.
func isZone(f string) bool {
	if strings.HasPrefix(f, "+") || strings.HasPrefix(f, "-") {
		return true
	}
	_, isWeekday := weekday(f)
	return len(f) <= longestAbbreviation && strings.Trim(f, "abcdefghijklmnopqrstuvwxyz") == "" && !isWeekday &&
		!slices.Contains(near, f)
}

// 15:00, 15:00:30, 3pm or 3:30pm; with an offset or z attached.
func (p *parts) takeClock(text string) error {
	p.written = text
	end := strings.IndexAny(text, "+-z")
	if end >= 0 {
		p.abbrev, text = text[end:], text[:end]
	}
	hours, half := 24, ""
	for _, h := range []string{"am", "pm"} {
		if before, ok := strings.CutSuffix(text, h); ok {
			text, half, hours = before, h, 12
		}
	}
	var n [3]int
	fields := strings.Split(text, ":")
	if len(fields) > len(n) || len(fields) == 1 && half == "" {
		return errUnknown
	}
	for i, f := range fields {
		d, rest := digits(f)
		if d == "" || rest != "" || i > 0 && len(d) != 2 {
			return errUnknown
		}
		n[i], _ = strconv.Atoi(d)
	}
	if n[1] > 59 || n[2] > 59 || half == "" && n[0] >= hours || half != "" && (n[0] < 1 || n[0] > hours) {
		return fmt.Errorf("%s is not a time of day, which is 0:00 to 23:59, or 12am to 11:59pm", p.written)
	}
	if half != "" {
		n[0] %= 12
	}
	if half == "pm" {
		n[0] += 12
	}
	p.clock, p.timed = clock{n[0], n[1], n[2]}, true
	return nil
}

// UTC and offsets replace the Reader's zone. An abbreviation of that zone is left in abbrev.
func (p *parts) fixZone() error {
	text := p.abbrev
	switch {
	case text == "":
		return nil
	case text == "utc" || text == "z" || text == "gmt" && !p.has("gmt"):
		p.Zone, p.abbrev = time.UTC, ""
	case text[0] == '+' || text[0] == '-':
		seconds, err := offset(text)
		if err != nil {
			return err
		}
		p.Zone, p.abbrev = time.FixedZone("", seconds), ""
	case !p.has(text):
		return fmt.Errorf("unknown time zone %s: times are in %s unless they end in UTC or an offset such as +01:00",
			strings.ToUpper(text), p.Zone)
	}
	p.Now = p.Now.In(p.Zone)
	return nil
}

// The abbreviations of a zone are those of its summer and winter.
func (p *parts) has(abbreviation string) bool {
	for month := range 12 {
		name, _ := p.Now.AddDate(0, month, 0).Zone()
		if strings.EqualFold(name, abbreviation) {
			return true
		}
	}
	return false
}

var errOffset = errors.New("an offset from UTC must be as in +01:00")

func offset(text string) (seconds int, err error) {
	t, err := time.Parse("-07:00", text)
	if err != nil {
		return 0, errOffset
	}
	_, seconds = t.Zone()
	if seconds < -14*3600 || seconds > 14*3600 {
		return 0, errOffset
	}
	return seconds, nil
}

var near = []string{"yesterday", "today", "tomorrow"}

const nearestDays = 9 // a week, and a day that a clock change may leave out

func (p *parts) takeDay(text string) error {
	today := time.Date(p.Now.Year(), p.Now.Month(), p.Now.Day(), 12, 0, 0, 0, time.UTC)
	step := -1
	if p.Toward == Future {
		step = 1
	}
	p.named = text != ""
	wanted, isWeekday := weekday(text)
	switch i := slices.Index(near, text); {
	case text == "" && !p.timed:
		return errUnknown
	case text == "" || isWeekday:
		for n := range nearestDays {
			if d := today.AddDate(0, 0, n*step); text == "" || d.Weekday() == wanted {
				p.days = append(p.days, d)
			}
		}
	case i >= 0:
		p.days = []time.Time{today.AddDate(0, 0, i-1)}
	case isDate(text):
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return fmt.Errorf("the date %s does not exist", text)
		}
		if d.Year() < firstYear || d.Year() > lastYear {
			return errYear
		}
		p.days = []time.Time{d.Add(12 * time.Hour)}
	case strings.Trim(text, "0123456789/.-") == "" && len(text) >= 3:
		return errors.New("a date must be as in 2026-11-29")
	default:
		return errUnknown
	}
	return nil
}

// At least the first three letters.
func weekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(d.String()), text) {
			return d, true
		}
	}
	return 0, false
}
