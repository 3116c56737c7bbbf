package when

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func (p parts) moment() (Moment, error) {
	for _, d := range p.days {
		at, fits, err := p.on(d)
		if err != nil {
			return Moment{}, err
		}
		if fits {
			return Moment{Time: at, Day: !p.timed}, nil
		}
	}
	return Moment{}, fmt.Errorf("there is no such time within %d days", nearestDays-1)
}

// It does not fit if it is on the other side of now. A day that the text names by a date or from today always fits.
func (p parts) on(day time.Time) (at time.Time, fits bool, err error) {
	either := p.named && len(p.days) == 1
	if !p.timed {
		at, err = p.begin(day)
		return at, err == nil && (either || p.toward(at)), err
	}
	all := moments(p.clock.on(day), p.Zone)
	if p.abbrev != "" && len(all) > 0 {
		switch all = p.abbreviated(all); {
		case len(all) == 0 && !either:
			return at, false, nil
		case len(all) == 0:
			return at, false, fmt.Errorf("%s on %s is not in %s, but in %s", p.clock, day.Format(time.DateOnly),
				strings.ToUpper(p.abbrev), nameOf(moments(p.clock.on(day), p.Zone), p.Zone))
		}
	}
	if len(all) == 0 {
		after := afterGap(p.clock.on(day), p.Zone)
		if !either && !p.toward(after) {
			return at, false, nil
		}
		return at, false, fmt.Errorf("%s does not exist on %s in %s, because the clocks go from %s to %s. Use %[5]s",
			p.clock, day.Format(time.DateOnly), p.Zone, lastBefore(after), clockOf(after))
	}
	if !either {
		all = slices.DeleteFunc(all, func(t time.Time) bool { return !p.toward(t) })
	}
	switch len(all) {
	case 0:
		return at, false, nil
	case 1:
		return all[0], true, nil
	}
	return at, false, fmt.Errorf("%s occurs twice on %s in %s, because the clocks go back. Use %s or %s", p.clock,
		day.Format(time.DateOnly), p.Zone, zoned(all[0]), zoned(all[1]))
}

func (p parts) toward(at time.Time) bool {
	if p.Toward == Future {
		return at.After(p.Now)
	}
	return !at.After(p.Now)
}

func (p parts) abbreviated(all []time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(all), func(t time.Time) bool {
		name, _ := t.Zone()
		return !strings.EqualFold(name, p.abbrev)
	})
}

func nameOf(all []time.Time, zone *time.Location) string {
	if len(all) == 0 {
		return zone.String()
	}
	name, _ := all[0].Zone()
	return name
}

// The moments at which the clocks of a zone show wall, a time in UTC: none in a gap, two in a repeated hour.
func moments(wall time.Time, zone *time.Location) (all []time.Time) {
	for _, near := range []time.Duration{-36 * time.Hour, 0, 36 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if sameWall(t, wall) && !slices.ContainsFunc(all, t.Equal) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

func sameWall(t, wall time.Time) bool {
	return t.Format(time.DateTime) == wall.Format(time.DateTime)
}

// The end of the gap that wall, a time in UTC, is in.
func afterGap(wall time.Time, zone *time.Location) time.Time {
	_, offset := wall.Add(-36 * time.Hour).In(zone).Zone()
	// after the change, as the clocks before would show it
	shifted := wall.Add(-time.Duration(offset) * time.Second).In(zone)
	change, _ := shifted.ZoneBounds()
	return change
}

func lastBefore(change time.Time) string {
	before := change.Add(-time.Nanosecond)
	_, offset := before.Zone()
	return change.In(time.FixedZone("", offset)).Format("15:04")
}

func clockOf(t time.Time) string { return t.Format("15:04") }

// A day begins after the gap if a clock change skips midnight. Some zones have left out whole days.
func (p parts) begin(day time.Time) (time.Time, error) {
	midnight := clock{}.on(day)
	if all := moments(midnight, p.Zone); len(all) > 0 {
		return all[0], nil
	}
	if t := afterGap(midnight, p.Zone); t.Format(time.DateOnly) == midnight.Format(time.DateOnly) {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("the day %s does not exist in %s", midnight.Format(time.DateOnly), p.Zone)
}

func zoned(t time.Time) string {
	if name := t.Format("MST"); strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return fmt.Sprintf("\"%s %s\"", t.Format("2006-01-02 15:04"), name)
	}
	return t.Format(time.RFC3339)
}
