package chart

import "time"

// One of its numbers is set.
type timeStep struct {
	seconds, days, months, years int
	// Layouts: context says what changes less often.
	label, context string
}

// in seconds, and layouts of days
const (
	second = 1
	minute = 60
	hour   = 3600

	shortDate = "Mon 2 Jan"
	longDate  = "Mon 2 Jan 2006"
)

// from fine to coarse
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

// The wall clock of zone is on a whole step. The hour that the clock passes twice in autumn has its ticks twice,
// and the one that it leaves out in spring has none.
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

// of less than a day
func (s timeStep) clockTicks(from, to time.Time, zone *time.Location) []time.Time {
	// Clocks are put forward and back by quarters of hours, so on a grid as fine as that no tick is missed.
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

// It is not midnight where the clock is put forward then.
func dayStart(day time.Time, zone *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	for t.Day() != day.Day() {
		t = t.Add(15 * time.Minute)
	}
	return t
}

// 0 to m-1 also for what is below zero
func mod(n, m int) int { return ((n % m) + m) % m }

// Its labels are of the first row, and of the second where that begins anew, the longest first.
type timeTick struct {
	time    time.Time
	label   string
	context []string
}

// It is the finest step whose labels have room.
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
	// Between two ticks of the finest step that has room there may be none at all.
	return timeStep{seconds: second, label: "15:04:05", context: shortDate}.labels([]time.Time{from.In(zone)})
}

// The first context tells the zone too, where the clock is shown.
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

// its short name, or its distance from UTC
func zoneName(t time.Time) string {
	name := t.Format("MST")
	if name[0] == '+' || name[0] == '-' {
		return "UTC" + name
	}
	return name
}
