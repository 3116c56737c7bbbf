package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

type cronField struct {
	name, holds string
	first, last int
}

var cronFields = [...]cronField{
	{"minute", "0–59", 0, 59},
	{"hour", "0–23", 0, 23},
	{"day of the month", "1–31", 1, 31},
	{"month", "1–12 or JAN–DEC", 1, 12},
	{"day of the week", "0–7 or SUN–SAT, where 0 and 7 are Sunday", 0, 6},
}

// A range that ends before it begins, such as FRI-MON, as two: 5-6,0-1; "" for any other text.
func (f cronField) around(text string) string {
	from, to, _ := strings.Cut(text, "-")
	begin, beginOK := f.number(from)
	end, endOK := f.number(to)
	if !beginOK || !endOK || begin <= end {
		return ""
	}
	return fromTo(begin, f.last) + "," + fromTo(f.first, end)
}

func (f cronField) number(text string) (int, bool) {
	switch f.last {
	case 6:
		n, ok := cronWeekday(text)
		return n % 7, ok
	case 12:
		if t, err := time.Parse("Jan", text); err == nil {
			return int(t.Month()), true
		}
	}
	n, ok := digits(text)
	return n, ok && f.first <= n && n <= f.last
}

func fromTo(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d-%d", from, to)
}

const macros = "@hourly, @daily, @weekly, @monthly or @yearly"

// As crontab(5): Sunday may be 7, and a range of weekdays may end with it.
func parseCrontab(expression string) (cron.Schedule, error) {
	fields := strings.Fields(expression)
	switch {
	case len(fields) > 0 && strings.HasPrefix(fields[0], "@"):
		s, err := cron.ParseStandard(expression)
		if err != nil {
			return nil, fmt.Errorf("%s is unknown; write %s", quote(expression), macros)
		}
		return s, nil
	case len(fields) != len(cronFields):
		return nil, fmt.Errorf("cron expression %s has %s, not five: minute, hour, day of the month, month and day "+
			"of the week, such as `0 9 * * MON-FRI`",
			quote(expression), counted(len(fields)))
	}
	fields[4] = sundays(fields[4])
	if err := checkFields(expression, fields); err != nil {
		return nil, err
	}
	return cron.ParseStandard(strings.Join(fields, " "))
}

func counted(fields int) string {
	switch fields {
	case 0:
		return "no fields"
	case 1:
		return "1 field"
	}
	return fmt.Sprintf("%d fields", fields)
}

func checkFields(expression string, fields []string) error {
	original := strings.Fields(expression)
	var errs []error
	for i, field := range fields {
		alone := slices.Repeat([]string{"*"}, len(cronFields))
		alone[i] = field
		if _, err := cron.ParseStandard(strings.Join(alone, " ")); err != nil {
			f := cronFields[i]
			if list := f.around(original[i]); list != "" {
				errs = append(errs, fmt.Errorf("%s %s in the cron expression %s ends before it begins: write %s",
					f.name, quote(original[i]), quote(expression), list))
				continue
			}
			errs = append(errs, fmt.Errorf("invalid %s %s in the cron expression %s: write *, %s, a range (1-5), a "+
				"list (1,3) or a step (*/2)",
				f.name, quote(original[i]), quote(expression), f.holds))
		}
	}
	return errors.Join(errs...)
}

// The cron package knows Sunday only as 0, so 7 and a range up to Sunday become lists.
func sundays(field string) string {
	items := strings.Split(field, ",")
	for i, item := range items {
		if list, ok := sunday(item); ok {
			items[i] = list
		}
	}
	return strings.Join(items, ",")
}

// item is a number or a range, with or without a step. ok is false if it does not include 7.
func sunday(item string) (list string, ok bool) {
	span, stepText, stepped := strings.Cut(item, "/")
	from, to, ranged := strings.Cut(span, "-")
	if !ranged {
		to = from
	}
	first, firstOK := cronWeekday(from)
	last, lastOK := cronWeekday(to)
	if first > 0 && strings.EqualFold(to, "sun") && ranged {
		last = 7
	}
	step, err := 1, error(nil)
	if stepped {
		step, err = strconv.Atoi(stepText)
	}
	if !firstOK || !lastOK || last != 7 || first > last || err != nil || step < 1 {
		return "", false
	}
	var days []string
	for d := first; d <= last; d += min(step, 7) {
		days = append(days, strconv.Itoa(d%7))
	}
	return strings.Join(days, ","), true
}

// 0 to 7, or the first three letters of the name.
func cronWeekday(text string) (n int, ok bool) {
	if d, named := parseWeekday(strings.ToLower(text)); named && len(text) == 3 {
		return int(d), true
	}
	n, ok = digits(text)
	return n, ok && n <= 7
}
