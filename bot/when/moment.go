package when

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Direction selects one of the moments that a time of day, a weekday or a duration can mean.
type Direction int

const (
	// Past is the newest moment up to now: "15:00" is the last 15:00, and "2h" is two hours ago.
	Past Direction = iota
	// Future is the next moment after now: "15:00" is the next 15:00, and "2h" is in two hours.
	Future
)

// A Reader reads moments.
type Reader struct {
	// Now is the present.
	Now time.Time
	// Zone is the time zone of days and times of day; nil is UTC.
	Zone *time.Location
	// Toward is the direction of ambiguous moments. A moment that names its day may be on either side of now.
	Toward Direction
}

// A Moment is the meaning of a text.
type Moment struct {
	// Time has the zone of the Reader, to the second unless the text has fractions.
	time.Time
	// Day means that the text names a day without a time of day. The time is the beginning of that day.
	Day bool
}

// The years that dates may have.
const firstYear, lastYear = 1970, 2199

// Moment reads a moment, as in:
//
//	now, 2h, 2 hours ago, in 2 hours
//	15:00, 3pm, today 15:00, 3 pm yesterday, tomorrow 9:00, fri 9:00
//	friday, yesterday, 2026-11-29, 2026-11-29 15:00
//	15:00 UTC, 2026-10-25 02:30 CEST, 2026-11-29T15:00:00+01:00
//
// A day is the beginning of that day. A zone is UTC, an offset, or an abbreviation of the Reader's zone at that time. A
// time of day that a clock change skips is an error, and one that it repeats is an error without a zone.
func (r Reader) Moment(text string) (Moment, error) {
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	r.Now = r.Now.In(r.Zone)
	m, err := r.read(normal(text))
	switch {
	case errors.Is(err, errUnknown):
		return Moment{}, fmt.Errorf("%s: must be a time such as %s", quoted(text), r.examples())
	case err != nil:
		return Moment{}, fmt.Errorf("%s: %w", quoted(text), err)
	}
	m.Time = m.In(r.Zone)
	return m, nil
}

var errUnknown = errors.New("not understood")

func (r Reader) examples() string {
	if r.Toward == Future {
		return `18:00, "fri 9:00", "tomorrow 9:00", 2026-11-29 or "2026-11-29 15:00"`
	}
	return `2h, 30d, 15:00, "yesterday 15:00", "fri 9:00", 2026-11-29 or "2026-11-29 15:00"`
}

func (r Reader) read(text string) (Moment, error) {
	if len(text) > longestText {
		return Moment{}, errUnknown
	}
	if text == "now" {
		return Moment{Time: r.Now}, nil
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		if y := t.Year(); y < firstYear || y > lastYear {
			return Moment{}, errYear
		}
		return Moment{Time: t}, nil
	}
	if m, found, err := r.apart(text); found {
		return m, err
	}
	p, err := r.parts(text)
	if err != nil {
		return Moment{}, err
	}
	return p.moment()
}

// A moment that is a duration from now. It is found if the text can mean nothing else.
func (r Reader) apart(text string) (m Moment, found bool, err error) {
	length, ago := strings.CutSuffix(text, " ago")
	length, in := strings.CutPrefix(length, "in ")
	if ago && in {
		return m, true, errUnknown
	}
	d, err := duration(length, 0)
	switch n, rest, isNumber := number(text); {
	case err != nil && isNumber && rest == "" && n.value < 24:
		return m, true, fmt.Errorf("write %s:00 for the time of day, or %[1]sm, %[1]sh or %[1]sd", text)
	case err != nil && (ago || in || isNumber && rest == "" && n.value < firstYear):
		return m, true, err
	case err != nil:
		return m, false, nil
	}
	if ago || !in && r.Toward == Past {
		d = -d
	}
	at := r.Now.Add(d)
	if y := at.Year(); y < firstYear || y > lastYear {
		return m, true, errYear
	}
	return Moment{Time: at}, true, nil
}

var errYear = fmt.Errorf("the year must be from %d to %d", firstYear, lastYear)
