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
// It refuses a number that is not from 0 to 10000, and a minimum that is above the maximum at any minute of any day.
// The days gone through are a week, or 28 years where a cron expression leaves out days of the month or months, and
// each date that is named with the days after it on which its number still holds.
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

// Only Fixed lets such numbers in.
func (s Series) check(name string) error {
	if s.rows == nil && (s.fixed < 0 || s.fixed > maxNumber) {
		return fmt.Errorf("%s %d is not a number of dynos; it must be from 0 to %d", name, s.fixed, maxNumber)
	}
	return nil
}

func (t Table) fixed() bool { return t.min.rows == nil && t.max.rows == nil }

// At returns the limits that hold at now.
func (t Table) At(now time.Time) Limits {
	if t.fixed() {
		return Limits{t.min.fixed, t.max.fixed}
	}
	return t.on(t.wall(now))
}

// Rows returns the canonical text of the rows that the limits at now come from, "" where the number is the same at all
// times.
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

// days: more than a year, so that Next sees whatever comes every year
const horizon = 400

// Next returns the first moment after now at which At changes, in the table's zone, and the limits from then on. ok is
// false when At does not change within 400 days.
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
			// Where the clock leaps over this minute, other rows may begin before it lands.
			when = t.moment(d, s.from)
			if l = t.At(when); l != current {
				return when, l, true
			}
		}
	}
	return time.Time{}, Limits{}, false
}

// A zone's clock was never put back by more: a day, where a country moved across the date line.
const longestRepeat = 24 * time.Hour

// The wall's clock never goes back: in a repeated hour's second pass it stands at the last second of the first.
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
		d-- // Division rounds towards 1970.
	}
	return d, int(clock-int64(d)*secondsPerDay) / 60
}

// It is the first second at which the wall's clock shows the minute, or has leapt over it.
func (t Table) moment(d day, minute int) time.Time {
	const farthest = 16 * 60 * 60 // No zone is farther from UTC, in seconds.
	start := int64(d)*secondsPerDay + int64(minute)*60 - farthest
	second := sort.Search(2*farthest, func(i int) bool {
		atDay, atMinute := t.wall(time.Unix(start+int64(i), 0))
		return atDay > d || atDay == d && atMinute >= minute
	})
	return time.Unix(start+int64(second), 0).In(t.zone)
}
