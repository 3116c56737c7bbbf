package chart

import "time"

// Exactly one of its numbers is set.
type timeStep struct {
	seconds, days, months, years int
	// Layouts. context is the part that changes less often.
	label, context string
}

// Seconds, and layouts of days.
const (
	second = 1
	minute = 60
	hour   = 3600

	shortDate = "Mon 2 Jan"
	longDate  = "Mon 2 Jan 2006"
)

// From fine to coarse.
func timeSteps() []timeStep {
	var steps []timeStep
	for _, s := range []int{second, 2, 5, 10, 15, 30} {
		steps = append(steps, timeStep{seconds: s, label: "15:04:05", context: shortDate})
	}
	for _, s := range []int{
		minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour,
		3 * hour, 6 * hour, 12 * hour,
	} {
		steps = append(steps, timeStep{seconds: s, label: "15:04", context: shortDate})
	}
	return append(
		steps,
		timeStep{days: 1, label: "Mon 2 Jan", context: "2006"},
		timeStep{days: 1, label: "2 Jan", context: "2006"},
		timeStep{days: 2, label: "2 Jan", context: "2006"},
		timeStep{days: 7, label: "Mon 2 Jan", context: "2006"},
		timeStep{days: 7, label: "2 Jan", context: "2006"},
		timeStep{days: 14, label: "2 Jan", context: "2006"},
		timeStep{months: 1, label: "Jan", context: "2006"},
		timeStep{months: 3, label: "Jan", context: "2006"},
		timeStep{months: 6, label: "Jan", context: "2006"},
		timeStep{years: 1, label: "2006"},
		timeStep{years: 2, label: "2006"},
		timeStep{years: 5, label: "2006"},
		timeStep{years: 10, label: "2006"},
		timeStep{years: 50, label: "2006"},
	)
}

func (s timeStep) length() time.Duration {
	const day = 24 * time.Hour
	return time.Duration(s.seconds)*time.Second + time.Duration(s.days)*day + time.Duration(s.months)*30*day +
		time.Duration(s.years)*365*day
}

// Local time in zone is at a whole step. An hour that occurs twice in autumn has its ticks twice, and the missing hour
// in spring has no ticks.
func (s timeStep) ticks(from, to time.Time, zone *time.Location) []time.Time {
	if s.seconds > 0 {
		return s.clockTicks(from, to, zone)
	}
	from = from.In(zone)
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	switch {
	case s.days > 0:
		day = day.AddDate(0, 0, -mod(int(day.Unix()/(24*hour))+3, s.days)) // 1 January 1970 was a Thursday
	case s.months > 0:
		day = time.Date(day.Year(), (day.Month()-1)/time.Month(s.months)*time.Month(s.months)+1, 1,
			0, 0, 0, 0, time.UTC)
	default:
		day = time.Date(day.Year()-mod(day.Year(), s.years), time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	var out []time.Time
	for ; ; day = day.AddDate(s.years, s.months, s.days) {
		t := dayStart(day, zone)
		if t.After(to) {
			return out
		}
		if !t.Before(from) {
			out = append(out, t)
		}
	}
}

// Steps of less than a day.
func (s timeStep) clockTicks(from, to time.Time, zone *time.Location) []time.Time {
	// Clocks change by quarters of an hour, so a grid of at most that misses no tick.
	grid := min(s.seconds, 15*minute)
	_, offset := from.In(zone).Zone()
	first := from.Unix() - int64(mod(int(from.Unix())+offset, grid))
	var out []time.Time
	for t := time.Unix(first, 0).In(zone); !t.After(to); t = t.Add(time.Duration(grid) * time.Second) {
		if !t.Before(from) && (t.Hour()*hour+t.Minute()*minute+t.Second())%s.seconds == 0 {
			out = append(out, t)
		}
	}
	return out
}

// Not midnight on days on which the clock goes forward at midnight.
func dayStart(day time.Time, zone *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	for t.Day() != day.Day() {
		t = t.Add(15 * time.Minute)
	}
	return t
}

// 0 to m-1, also for negative n.
func mod(n, m int) int { return ((n % m) + m) % m }

// The labels are for the first row, and for the second row at a change of context, the longest first.
type timeTick struct {
	time    time.Time
	label   string
	context []string
}

// The ticks of the finest step whose labels fit.
func timeTicks(from, to time.Time, zone *time.Location, pixels, size float64, f *face) []timeTick {
	const most, gap = 12, 14.0
	at := func(t time.Time) float64 { return float64(t.Sub(from)) / float64(to.Sub(from)) * pixels }
	for _, step := range timeSteps() {
		if to.Sub(from)/step.length() > most+1 {
			continue
		}
		ticks := step.ticks(from, to, zone)
		fits := len(ticks) <= most
		for i := 1; fits && i < len(ticks); i++ {
			room := at(ticks[i]) - at(ticks[i-1])
			fits = (f.width(ticks[i-1].Format(step.label), size)+f.width(ticks[i].Format(step.label), size))/2+
				gap <= room
		}
		if fits && len(ticks) > 0 {
			return step.labels(ticks)
		}
	}
	// There may be no tick in a time shorter than the finest step that fits.
	return timeStep{seconds: second, label: "15:04:05", context: shortDate}.labels([]time.Time{from.In(zone)})
}

// The first context includes the zone if labels show a clock.
func (s timeStep) labels(ticks []time.Time) []timeTick {
	out := make([]timeTick, len(ticks))
	for i, t := range ticks {
		out[i] = timeTick{time: t, label: t.Format(s.label)}
		if s.context == "" || (i > 0 && ticks[i-1].Format(s.context) == t.Format(s.context)) {
			continue
		}
		out[i].context = []string{t.Format(s.context)}
		if i == 0 && s.seconds > 0 {
			out[i].context = []string{t.Format(longDate) + " " + zoneName(t), t.Format(longDate), t.Format(shortDate)}
		}
	}
	return out
}

// The short name, or the offset from UTC.
func zoneName(t time.Time) string {
	name := t.Format("MST")
	if name[0] == '+' || name[0] == '-' {
		return "UTC" + name
	}
	return name
}
