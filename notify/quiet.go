package notify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Days with a clock change count as this long too.
const minutesOfDay = 24 * 60

// Quiet is the quiet hours, during which only incident-opened, incident-resolved and test notices are sent. The zero
// value is never quiet.
type Quiet struct {
	spans []quietSpan
	zone  *time.Location
}

type quietSpan struct {
	days [7]bool // on which it begins, by time.Weekday
	// minutes since midnight; to is exclusive, and above minutesOfDay for the next day
	from, to int
}

// ParseQuiet parses quiet hours in the given zone: "22:00-7:00", or with the days on which they begin, "22:00-7:00,
// sat,sun 0:00-24:00" or "mon-fri 22:00-7:00". A range that ends before it begins ends on the next day. An empty text
// is the zero value.
func ParseQuiet(text string, zone *time.Location) (Quiet, error) {
	q := Quiet{zone: zone}
	var days string // those of "sat,", which belong to the range that follows
	for part := range strings.SplitSeq(text, ",") {
		fields := strings.Fields(strings.ToLower(part))
		switch {
		case len(fields) == 0 && strings.TrimSpace(text) == "":
			return Quiet{}, nil
		case len(fields) == 1 && !strings.ContainsAny(fields[0], "0123456789:"):
			days += fields[0] + ","
			continue
		case len(fields) == 1 && days == "":
			fields = []string{"mon-sun", fields[0]}
		case len(fields) == 1:
			return Quiet{}, fmt.Errorf("%q and %q must not be separated by a comma; use %s %s",
				strings.Trim(days, ","), fields[0], strings.Trim(days, ","), fields[0])
		case len(fields) == 2:
			fields[0] = days + fields[0]
		default:
			return Quiet{}, fmt.Errorf("%q is not a range of hours; use 22:00-7:00 or sat,sun 0:00-24:00",
				strings.TrimSpace(part))
		}
		s, err := parseQuietSpan(fields[0], fields[1])
		if err != nil {
			return Quiet{}, err
		}
		q.spans = append(q.spans, s)
		days = ""
	}
	if days != "" {
		return Quiet{}, fmt.Errorf("%q has no hours; use %s 0:00-24:00 for the whole day",
			strings.Trim(days, ","), strings.Trim(days, ","))
	}
	return q, nil
}

func parseQuietSpan(days, hours string) (s quietSpan, err error) {
	for name := range strings.SplitSeq(days, ",") {
		first, last, isRange := strings.Cut(name, "-")
		if !isRange {
			last = first
		}
		from, ok := weekday(first)
		to, ok2 := weekday(last)
		if !ok || !ok2 {
			return s, fmt.Errorf("%q is not a day of the week; use mon, tue, wed, thu, fri, sat, sun, or a range "+
				"such as mon-fri", name)
		}
		for d := from; ; d = (d + 1) % 7 {
			s.days[d] = true
			if d == to {
				break
			}
		}
	}
	from, to, ok := strings.Cut(hours, "-")
	if !ok {
		return s, fmt.Errorf("%q is not a range of hours; use 22:00-7:00", hours)
	}
	if s.from, err = clock(from); err == nil {
		s.to, err = clock(to)
	}
	switch {
	case err != nil:
		return s, fmt.Errorf("%q: %w", hours, err)
	case s.from == minutesOfDay:
		return s, fmt.Errorf("%q begins at 24:00; use 0:00", hours)
	case s.from == s.to:
		return s, fmt.Errorf("%q is empty; use 0:00-24:00 for the whole day", hours)
	case s.to < s.from:
		s.to += minutesOfDay
	}
	return s, nil
}

func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name == strings.ToLower(d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

// "7:05" or "07:05", up to 24:00
func clock(text string) (int, error) {
	h, m, _ := strings.Cut(text, ":")
	hour, err := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	n := int(hour*60 + minute)
	if err != nil || err2 != nil || len(h) > 2 || len(m) != 2 || minute > 59 || n > minutesOfDay {
		return 0, errors.New("use times such as 7:05 or 22:00, from 0:00 to 24:00")
	}
	return n, nil
}

// At reports whether it is quiet at t, by the local time of the zone. An hour that a clock change repeats is quiet
// both times.
func (q Quiet) At(t time.Time) bool {
	if len(q.spans) == 0 {
		return false
	}
	t = t.In(q.zone)
	now := t.Hour()*60 + t.Minute()
	today := t.Weekday()
	yesterday := (today + 6) % 7
	for _, s := range q.spans {
		if s.days[today] && s.from <= now && now < s.to || s.days[yesterday] && now+minutesOfDay < s.to {
			return true
		}
	}
	return false
}

// Delivers reports whether to send e: it happened outside the quiet hours, opens or resolves an incident, or is a test.
func (q Quiet) Delivers(e Event) bool {
	return e.Phase == Opened || e.Phase == Resolved || e.Kind == Test || !q.At(e.Time)
}
