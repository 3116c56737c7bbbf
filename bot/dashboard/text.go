package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(float64(n), 0) + " " + many
}

func title(u words.Unit) string {
	many := u.Many()
	return strings.ToUpper(many[:1]) + many[1:]
}

func a(u words.Unit) string {
	if strings.Contains("aeiou", u.One()[:1]) {
		return "an " + u.One()
	}
	return "a " + u.One()
}

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

func dollars(f float64) string {
	if f < 0 {
		return "−$" + grouped(-f, 2)
	}
	return "$" + grouped(f, 2)
}

func between(least, most int) string {
	if least == most {
		return strconv.Itoa(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// The day is relative to now. Both times must be in the same zone.
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

// The format is for scripts.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
