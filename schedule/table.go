package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"sort"
	"time"
)

// A Table holds the limits of all times in one zone. The zero Table is always 0–0.
type Table struct {
	min, max Series
	zone     *time.Location
	hasZero  bool
}

// New returns the Table of the two series in a zone; nil is UTC.
//
// It refuses a number outside 0 to 10000, and a minimum above the maximum in any minute of any day. It examines a week,
// or 28 years if a cron expression restricts the day of the month or the month, and each date in a row with the days
// after it on which its number still applies.
func New(min, max Series, zone *time.Location) (Table, error) {
	zone = cmp.Or(zone, time.UTC)
	if err := errors.Join(min.check("MIN_DYNOS"), max.check("MAX_DYNOS")); err != nil {
		return Table{}, err
	}
	t := Table{min: min, max: max, zone: zone}
	found, zero := t.survey()
	if err := found.err(); err != nil {
		return Table{}, err
	}
	t.hasZero = zero
	return t, nil
}

// Only Fixed accepts such numbers.
func (s Series) check(name string) error {
	if s.rows == nil && (s.fixed < 0 || s.fixed > maxNumber) {
		return fmt.Errorf("%s is %d: must be 0–%d", name, s.fixed, maxNumber)
	}
	return nil
}

func (t Table) fixed() bool { return t.min.rows == nil && t.max.rows == nil }

// At returns the limits at now.
func (t Table) At(now time.Time) Limits {
	if t.fixed() {
		return Limits{t.min.fixed, t.max.fixed}
	}
	return t.on(t.wall(now))
}

// Rows returns the canonical text of the rows that set the limits at now, "" for a number that never changes.
func (t Table) Rows(now time.Time) (minRow, maxRow string) {
	if t.fixed() {
		return "", ""
	}
	d, minute := t.wall(now)
	for _, s := range []struct {
		Series
		text *string
	}{{t.min, &minRow}, {t.max, &maxRow}} {
		if s.rows != nil {
			*s.text = s.row(d, minute).text
		}
	}
	return minRow, maxRow
}

func (t Table) on(d day, minute int) Limits {
	return Limits{t.min.at(d, minute), t.max.at(d, minute)}
}

// HasZero says whether the minimum is 0 at any time.
func (t Table) HasZero() bool { return t.hasZero }

// In days. More than a year, so that Next finds whatever recurs every year.
const horizon = 400

// Most returns the largest number in the maximum's rows, or its only number.
func (t Table) Most() int {
	most := t.max.fixed
	for _, r := range t.max.rows {
		most = max(most, r.n)
	}
	return most
}

// Next returns the first moment after now at which At changes, in the table's zone, and the limits from then on. ok is
// false if At does not change within 400 days.
func (t Table) Next(now time.Time) (when time.Time, l Limits, ok bool) {
	if t.fixed() {
		return time.Time{}, Limits{}, false
	}
	today, minute := t.wall(now)
	current := t.on(today, minute)
	for d, spans := range t.days(today, today+horizon+1) {
		for _, s := range spans {
			if s.Limits == current || d == today && s.from <= minute {
				continue
			}
			// If the clock skips this minute, other rows may begin before it stops.
			when = t.moment(d, s.from)
			if l = t.At(when); l != current {
				return when, l, true
			}
		}
	}
	return time.Time{}, Limits{}, false
}

// No zone's clock was ever put back by more: a day, when a country moved across the date line.
const longestRepeat = 24 * time.Hour

// The local time as rows see it, which never goes back: in the second pass of a repeated hour it stands at the last
// second of the first.
func (t Table) wall(now time.Time) (d day, minute int) {
	local := now.In(t.zone)
	_, offset := local.Zone()
	clock := now.Unix() + int64(offset)
	if change, _ := local.ZoneBounds(); !change.IsZero() && now.Sub(change) < longestRepeat {
		_, offset = change.Add(-1).Zone()
		clock = max(clock, change.Unix()-1+int64(offset))
	}
	d = day(clock / secondsPerDay)
	if clock < int64(d)*secondsPerDay {
		d-- // division rounds towards 1970
	}
	return d, int(clock-int64(d)*secondsPerDay) / 60
}

// The first second at which the local time is the given minute, or has skipped it.
func (t Table) moment(d day, minute int) time.Time {
	const farthest = 16 * 60 * 60 // seconds; no zone is farther from UTC
	start := int64(d)*secondsPerDay + int64(minute)*60 - farthest
	second := sort.Search(2*farthest, func(i int) bool {
		atDay, atMinute := t.wall(time.Unix(start+int64(i), 0))
		return atDay > d || atDay == d && atMinute >= minute
	})
	return time.Unix(start+int64(second), 0).In(t.zone)
}
