package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	chartCells  = 48 // of half an hour each
	chartWidth  = 80 // columns of a terminal
	daysAhead   = 60 // in which Week looks for other days
	mostSpans   = 24 // of one day that Week writes out
	mostOthers  = 20 // groups of other days that Week writes out
	dateForShow = "Mon 2 Jan"
)

// Week draws the seven days from today as a text chart. For each group of days with the same plan, it draws the maximum
// and the minimum over the hours as bars, and lists the limits. Below are the days among the next 60 that differ from
// the usual plan of their weekday. No line is wider than 80 columns, and the last has no line break. A table that never
// changes is one line: "always 1–3".
func (t Table) Week(now time.Time) string {
	if t.fixed() {
		return "always " + rangeText(t.At(now))
	}
	today := dayOf(now.In(t.zone).Date())
	groups := t.groups(today)
	indent, top := 0, 1
	for _, g := range groups {
		indent = max(indent, utf8.RuneCountInString(weekdayTitle(g.weekdays))+len(" max "))
		for _, s := range g.spans {
			top = max(top, s.Max)
		}
	}
	lines := []string{fmt.Sprintf("Dynos by the hour from %s, in %s",
		today.utc().Format(dateForShow+" 2006"), t.zone), ""}
	axis := strings.Repeat(" ", indent)
	for hour := 0; hour <= 24; hour += 3 {
		axis += fmt.Sprintf("%-6d", hour)
	}
	lines = append(lines, strings.TrimRight(axis, " "))
	for _, g := range groups {
		upper, lower := bars(g.spans, top)
		lines = append(lines,
			fmt.Sprintf("%-*s max %s", indent-5, weekdayTitle(g.weekdays), upper),
			fmt.Sprintf("%*s min %s", indent-5, "", lower))
		lines = append(append(lines, spansText("", indent, g.spans)...), "")
	}
	lines = append(lines, t.others(today)...)
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

type group struct {
	weekdays uint64
	spans    []span
}

// Days with the same plan form a group.
func (t Table) groups(today day) []group {
	var groups []group
	for d, spans := range t.days(today, today+7) {
		i := slices.IndexFunc(groups, func(g group) bool { return slices.Equal(g.spans, spans) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{spans: spans})
		}
		groups[i].weekdays |= d.calendar().dow
	}
	return groups
}

// Heights are relative to top, the highest maximum. A dot is 0. If a cell has several limits, the highest shows.
func bars(spans []span, top int) (upper, lower string) {
	height := func(n int) string { return string([]rune("·▁▂▃▄▅▆▇█")[(8*n+top-1)/top]) }
	const width = minutesPerDay / chartCells
	for cell := range chartCells {
		var highest Limits
		for _, s := range spans {
			if s.from < (cell+1)*width && cell*width < s.to {
				highest = Limits{max(highest.Min, s.Min), max(highest.Max, s.Max)}
			}
		}
		upper += height(highest.Max)
		lower += height(highest.Min)
	}
	return upper, lower
}

// The days that differ from the most frequent plan of their weekday.
func (t Table) others(today day) []string {
	var plans [][]span
	for _, spans := range t.days(today, today+daysAhead) {
		plans = append(plans, spans)
	}
	usual := func(i int) bool {
		most, mostCount := 0, 0
		for j := i % 7; j < len(plans); j += 7 {
			count := 0
			for k := i % 7; k < len(plans); k += 7 {
				if slices.Equal(plans[j], plans[k]) {
					count++
				}
			}
			if count > mostCount {
				most, mostCount = j, count
			}
		}
		return slices.Equal(plans[i], plans[most])
	}
	var lines []string
	for i, listed := 0, 0; i < len(plans); i++ {
		if usual(i) {
			continue
		}
		first := today + day(i)
		label := "  " + first.utc().Format(dateForShow)
		for i+1 < len(plans) && !usual(i+1) && slices.Equal(plans[i], plans[i+1]) {
			i++
		}
		if last := today + day(i); last > first {
			label += " – " + last.utc().Format(dateForShow)
		}
		if listed++; listed > mostOthers {
			return append(lines, "  … and more")
		}
		if lines == nil {
			lines = []string{fmt.Sprintf("Other days until %s", (today + daysAhead - 1).utc().Format(dateForShow))}
		}
		lines = append(lines, spansText(label, len("  Mon 21 Dec - Mon 21 Dec  "), plans[i])...)
	}
	return lines
}

// Spans are indented, on as many lines as they need.
func spansText(label string, indent int, spans []span) []string {
	if len(spans) == 1 {
		return []string{fmt.Sprintf("%-*sall day %s", indent, label, rangeText(spans[0].Limits))}
	}
	var lines []string
	line := fmt.Sprintf("%-*s", indent, label)
	for i, s := range spans {
		item := clockText(s.from) + " " + rangeText(s.Limits)
		if i == mostSpans {
			item = fmt.Sprintf("and %d more", len(spans)-i)
		}
		if utf8.RuneCountInString(line)+len("  ·  ")+utf8.RuneCountInString(item) > chartWidth {
			lines, line = append(lines, line), strings.Repeat(" ", indent)
		} else if i > 0 {
			line += "  ·  "
		}
		if line += item; i == mostSpans {
			break
		}
	}
	return append(lines, line)
}

func rangeText(l Limits) string {
	if l.Min == l.Max {
		return fmt.Sprint(l.Min)
	}
	return fmt.Sprintf("%d–%d", l.Min, l.Max)
}
