package when

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Longest is the longest duration: 100 years of 365 days.
const Longest = 100 * 365 * 24 * time.Hour

const (
	day  = 24 * time.Hour
	week = 7 * day
)

var units = []struct {
	length time.Duration
	names  []string
}{
	{time.Nanosecond, []string{"ns"}},
	{time.Microsecond, []string{"us", "µs", "μs"}},
	{time.Millisecond, []string{"ms"}},
	{time.Second, []string{"s", "sec", "secs", "second", "seconds"}},
	{time.Minute, []string{"m", "min", "mins", "minute", "minutes"}},
	{time.Hour, []string{"h", "hr", "hrs", "hour", "hours"}},
	{day, []string{"d", "day", "days"}},
	{week, []string{"w", "wk", "wks", "week", "weeks"}},
}

// Duration reads a duration such as "2h", "90 minutes", "1d12h", "1 hour 30 min" or "a week". It is 0 or longer, and at
// most [Longest]. A number without a unit counts in bare; a bare of 0 refuses it.
func Duration(text string, bare time.Duration) (time.Duration, error) {
	d, err := duration(normal(text), bare)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", quoted(text), err)
	}
	return d, nil
}

var (
	errDuration = errors.New("must be a duration such as 90m, 2h, 1d12h or 2 days")
	errOrder    = errors.New("the units must go from the longest to the shortest, each once, as in 1d12h")
	errLong     = fmt.Errorf("the longest duration is %d days", Longest/day)
)

func duration(text string, bare time.Duration) (sum time.Duration, err error) {
	if n, rest, ok := number(text); ok && rest == "" {
		if bare == 0 && n.value != 0 {
			return 0, fmt.Errorf("the unit is missing, as in %sm, %[1]sh or %[1]sd", text)
		}
		return n.of(max(bare, 1))
	}
	if text == "" {
		return 0, errDuration
	}
	rest, last := text, time.Duration(math.MaxInt64)
	for rest != "" {
		n, after, ok := amount(rest)
		if !ok {
			return 0, errDuration
		}
		name, further := letters(strings.TrimPrefix(after, " "))
		unit, err := unitOf(name)
		if err != nil {
			return 0, err
		}
		if unit >= last {
			return 0, errOrder
		}
		part, err := n.of(unit)
		if err != nil {
			return 0, err
		}
		if sum, last = sum+part, unit; sum > Longest {
			return 0, errLong
		}
		rest = strings.TrimPrefix(strings.TrimPrefix(further, " and"), " ")
		if rest == "" && further != "" {
			return 0, errDuration
		}
	}
	return sum, nil
}

func unitOf(name string) (time.Duration, error) {
	for _, u := range units {
		if slices.Contains(u.names, name) {
			return u.length, nil
		}
	}
	switch strings.TrimSuffix(name, "s") {
	case "month", "mo", "year", "yr", "y":
		return 0, fmt.Errorf("the length of a %s varies. Use days, as in 30d, or a date", name)
	}
	return 0, errDuration
}

// "a" and "an" are 1 before a unit.
func amount(text string) (n decimal, rest string, ok bool) {
	for _, article := range []string{"a ", "an "} {
		if rest, ok := strings.CutPrefix(text, article); ok {
			return decimal{whole: 1, value: 1}, rest, true
		}
	}
	return number(text)
}

// A decimal is whole + fraction, which is below 1.
type decimal struct {
	whole           int64
	fraction, value float64
}

func (n decimal) of(unit time.Duration) (time.Duration, error) {
	if n.value*float64(unit) > float64(Longest) {
		return 0, errLong
	}
	return time.Duration(n.whole)*unit + time.Duration(math.Round(n.fraction*float64(unit))), nil
}

// Digits, with or without a point between them.
func number(text string) (n decimal, rest string, ok bool) {
	whole, rest := digits(text)
	if whole == "" {
		return n, text, false
	}
	fraction := ""
	if point, found := strings.CutPrefix(rest, "."); found {
		if fraction, rest = digits(point); fraction == "" {
			return n, text, false
		}
	}
	var err error
	if n.whole, err = strconv.ParseInt(whole, 10, 64); err != nil {
		n.whole = math.MaxInt64 // longer than any duration
	}
	n.fraction, _ = strconv.ParseFloat("0."+fraction+"0", 64)
	n.value = float64(n.whole) + n.fraction
	return n, rest, true
}

func digits(text string) (found, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return text[:len(text)-len(rest)], rest
}

func letters(text string) (found, rest string) {
	end := strings.IndexAny(text, " 0123456789.")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}
