package when

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var errMonth = errors.New("must be a month such as 2026-11, november or last month")

// Month reads a calendar month: "2026-11", "november", "nov 2026", "this month" or "last month". A name without a year
// is the newest one that has begun, or in the future the next one that has not. The result is its first moment.
func (r Reader) Month(text string) (time.Time, error) {
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	now := r.Now.In(r.Zone)
	first := func(year int, month time.Month) (time.Time, error) {
		begin := time.Date(year, month, 1, 12, 0, 0, 0, time.UTC)
		if y := begin.Year(); y < firstYear || y > lastYear {
			return time.Time{}, fmt.Errorf("%s: %w", quoted(text), errYear)
		}
		return parts{Reader: r}.begin(begin)
	}
	norm := normal(text)
	switch norm {
	case "this month":
		return first(now.Year(), now.Month())
	case "last month":
		return first(now.Year(), now.Month()-1)
	}
	if t, err := time.Parse("2006-01", norm); err == nil {
		return first(t.Year(), t.Month())
	}
	name, year, hasYear := strings.Cut(norm, " ")
	month := monthNamed(name)
	if month == 0 {
		return time.Time{}, fmt.Errorf("%s: %w", quoted(text), errMonth)
	}
	if hasYear {
		t, err := time.Parse("2006", year)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: %w", quoted(text), errMonth)
		}
		return first(t.Year(), month)
	}
	switch of := now.Year(); {
	case r.Toward == Past && month > now.Month():
		return first(of-1, month)
	case r.Toward == Future && month <= now.Month():
		return first(of+1, month)
	default:
		return first(of, month)
	}
}

// At least the first three letters; 0 if there is no such month.
func monthNamed(text string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), text) {
			return m
		}
	}
	return 0
}
