package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// millis writes a response time: whole milliseconds, a digit more below ten, seconds from ten on.
func millis(ms float64) string {
	n, unit := millisParts(ms)
	return n + " " + unit
}

// millisParts is millis with the number and the unit apart.
func millisParts(ms float64) (number, unit string) {
	switch {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64), "ms"
	case ms < 9999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64), "ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64), "s"
}

// length writes how long something lasts, with its two largest units.
func length(d time.Duration) string {
	switch s := int(math.Ceil(d.Seconds())); {
	case s < 60:
		return fmt.Sprintf("%d s", max(0, s))
	case s < 600 && s%60 != 0:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 86400 && s/60%60 != 0:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	case s < 86400:
		return fmt.Sprintf("%d h", s/3600)
	case s/3600%24 != 0:
		return fmt.Sprintf("%d d %d h", s/86400, s/3600%24)
	default:
		return fmt.Sprintf("%d d", s/86400)
	}
}

// count writes a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(float64(n), 0) + " " + many
}

// grouped writes a number with commas between the thousands.
func grouped(f float64, digits int) string {
	text := strconv.FormatFloat(math.Abs(f), 'f', digits, 64)
	whole := len(text)
	if digits > 0 {
		whole -= digits + 1
	}
	for i := whole - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if f < 0 {
		return "−" + text
	}
	return text
}

// dollars writes an amount of money.
func dollars(f float64) string {
	if f < 0 {
		return "−$" + grouped(-f, 2)
	}
	return "$" + grouped(f, 2)
}

// between writes limits.
func between(least, most int) string {
	if least == most {
		return strconv.Itoa(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// at writes a moment as somebody would say it on the day of now, both in the same zone.
func at(t, now time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	switch days := int(math.Round(day(t).Sub(day(now)).Hours() / 24)); {
	case days == 0:
		return t.Format("15:04")
	case days == 1:
		return "tomorrow " + t.Format("15:04")
	case days == -1:
		return "yesterday " + t.Format("15:04")
	case days > 1 && days < 7:
		return t.Format("Monday 15:04")
	case t.Year() == now.Year():
		return t.Format("2 January 15:04")
	}
	return t.Format("2 January 2006 15:04")
}

// stamp is a moment for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
