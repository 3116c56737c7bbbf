package cfautoscaler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type (
	policyDocument struct {
		Min       int              `json:"instance_min_count"`
		Max       int              `json:"instance_max_count"`
		Rules     []policyRule     `json:"scaling_rules,omitempty"`
		Schedules *policySchedules `json:"schedules,omitempty"`
	}
	policyRule struct {
		Metric     string  `json:"metric_type"`
		Breach     int     `json:"breach_duration_secs"`
		Threshold  float64 `json:"threshold"`
		Operator   string  `json:"operator"`
		Cooldown   int     `json:"cool_down_secs"`
		Adjustment string  `json:"adjustment"`
	}
	policySchedules struct {
		Zone      string            `json:"timezone"`
		Recurring []policyRecurring `json:"recurring_schedule,omitempty"`
		Specific  []policySpecific  `json:"specific_date,omitempty"`
	}
	policyRecurring struct {
		Start   string `json:"start_time"`
		End     string `json:"end_time"`
		Week    []int  `json:"days_of_week,omitempty"`
		Month   []int  `json:"days_of_month,omitempty"`
		Min     int    `json:"instance_min_count"`
		Max     int    `json:"instance_max_count"`
		Initial int    `json:"initial_min_instance_count,omitempty"`
		From    string `json:"start_date,omitempty"`
		To      string `json:"end_date,omitempty"`
	}
	policySpecific struct {
		Start   string `json:"start_date_time"`
		End     string `json:"end_date_time"`
		Min     int    `json:"instance_min_count"`
		Max     int    `json:"instance_max_count"`
		Initial int    `json:"initial_min_instance_count,omitempty"`
	}
)

// In a manifest, limits of a date continue after it. In a policy they end with the schedule, so they are written out.
func (p *Plan) carryOver() {
	if !p.carries || p.Calendar.weekly() == 0 || len(p.Calendar.Dates) == 0 {
		return
	}
	var low, high schedule.Series
	lowText, highText := p.Tables()
	if low.UnmarshalText([]byte(lowText)) != nil || high.UnmarshalText([]byte(highText)) != nil {
		return // such a document has been refused already
	}
	_ = p.FromTables(low, high, p.Calendar.Zone, p.now)
}

// Policy returns the plan as a policy. Notes of the plan list what a policy cannot have.
func (p *Plan) Policy() []byte {
	p.carryOver()
	w := &policyWriter{plan: p, c: &p.Calendar}
	w.today, _ = dateOf(p.now, w.c.zone())
	p.writeOut(w.today, func(p Part) bool { return p.Days != nil && p.Weekdays != everyWeekday },
		"schedules of a policy recur by only one of the two")
	w.findBase()
	doc := policyDocument{Rules: p.policyRules()}
	doc.Min, doc.Max = w.limits(w.base, 1)
	if !p.Calendar.empty() {
		doc.Schedules = &policySchedules{Zone: w.c.zone().String()}
		doc.Schedules.Recurring = w.recurring()
		doc.Schedules.Specific = w.specific()
		if doc.Schedules.Recurring == nil && doc.Schedules.Specific == nil {
			doc.Schedules = nil
		}
	}
	if doc.Schedules == nil && doc.Rules == nil {
		p.note("a policy must have scaling_rules or schedules, and there are neither: App Autoscaler refuses " +
			"this policy")
	}
	return indented(doc)
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // strings and finite numbers never fail
	return b.Bytes()
}

type policyWriter struct {
	plan   *Plan
	c      *Calendar
	base   schedule.Limits // outside every schedule
	today  time.Time
	raised bool // a note about limits has been written
	gap    bool
}

// Recurring schedules end before midnight, so the policy's own limits are the most frequent ones at midnight.
func (w *policyWriter) findBase() {
	w.base = w.plan.Limits
	most, count := 0, map[schedule.Limits]int{}
	for i := range w.c.Week {
		l := w.c.at(ordinarySunday().AddDate(0, 0, i), minutesPerDay-1, w.plan.Limits)
		if count[l]++; count[l] > most || count[l] == most && l == w.plan.Limits {
			most, w.base = count[l], l
		}
	}
}

// The week after it has no dates: schedules begin in the year 2000.
func ordinarySunday() time.Time { return time.Date(1995, time.January, 8, 0, 0, 0, 0, time.UTC) }

// A policy must have a maximum of at least 1, and a minimum of at least least.
func (w *policyWriter) limits(l schedule.Limits, least int) (low, high int) {
	low = max(l.Min, least)
	high = max(l.Max, low, 1)
	if (low != l.Min || high != l.Max) && !w.raised {
		w.raised = true
		w.plan.note("a policy must have a minimum of at least %d and a maximum of at least 1: limits such as %d–%d "+
			"become %d–%d", least, l.Min, l.Max, low, high)
	}
	return low, high
}

type span struct {
	start, end int
	limits     schedule.Limits
	initial    int
}

// Without all, spans with the base limits are left out.
func (w *policyWriter) spans(days []Day, before schedule.Limits, all bool) (out []span) {
	now := span{limits: before}
	finish := func(at int) {
		if now.end = at; now.end > now.start && (all || now.limits != w.base) {
			out = append(out, now)
		}
	}
	for i, d := range days {
		for _, s := range d {
			if s.Limits == now.limits {
				continue
			}
			finish(i*minutesPerDay + s.Minute)
			now = span{start: i*minutesPerDay + s.Minute, limits: s.Limits}
		}
	}
	finish(len(days) * minutesPerDay)
	return initials(out)
}

func initials(in []span) (out []span) {
	for i := 0; i < len(in); i++ {
		s := in[i]
		if i+1 < len(in) {
			if next := in[i+1]; s.end == next.start && s.end-s.start == initialMinutes &&
				s.limits.Max == next.limits.Max && s.limits.Min > next.limits.Min {
				s = span{s.start, next.end, next.limits, s.limits.Min}
				i++
			}
		}
		out = append(out, s)
	}
	return out
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func (w *policyWriter) recurring() []policyRecurring {
	var windows []datedWindow
	for i := range 7 {
		weekday := (i + 1) % 7 // Monday first
		for _, s := range w.fit(w.spans([]Day{w.c.Week[weekday]}, w.atMidnight(weekday), false)) {
			windows = append(windows, datedWindow{policyRecurring: w.window(s), weekdays: 1 << weekday})
		}
	}
	for _, p := range w.c.Parts {
		if !p.Last.IsZero() && p.Last.Before(w.today) {
			continue
		}
		for _, s := range w.fit(w.spans([]Day{p.Day}, w.base, false)) {
			r := w.window(s)
			if r.Month = p.Days; p.Days != nil {
				windows = append(windows, datedWindow{policyRecurring: r, first: p.First, last: p.Last})
				continue
			}
			for i := range 7 {
				if on := 1 << ((i + 1) % 7); p.Weekdays&on != 0 {
					windows = append(windows, datedWindow{r, on, p.First, p.Last})
				}
			}
		}
	}
	return w.together(windows)
}

// first and last are zero for no bound
type datedWindow struct {
	policyRecurring
	weekdays    int
	first, last time.Time
}

func (d *datedWindow) same(o *datedWindow) bool {
	return d.Start == o.Start && d.End == o.End && d.Min == o.Min && d.Max == o.Max && d.Initial == o.Initial &&
		slices.Equal(d.Month, o.Month)
}

func (w *policyWriter) together(in []datedWindow) (out []policyRecurring) {
	var merged []datedWindow
	for _, d := range in {
		i := slices.IndexFunc(merged, func(o datedWindow) bool {
			return o.weekdays == d.weekdays && o.same(&d) && !o.last.IsZero() && o.last.AddDate(0, 0, 1).Equal(d.first)
		})
		if i < 0 {
			merged = append(merged, d)
		} else {
			merged[i].last = d.last
		}
	}
	var weeks []datedWindow
	for _, d := range merged {
		i := slices.IndexFunc(weeks, func(o datedWindow) bool {
			return d.weekdays != 0 && o.weekdays != 0 && o.same(&d) && o.first.Equal(d.first) && o.last.Equal(d.last)
		})
		if i < 0 {
			weeks = append(weeks, d)
		} else {
			weeks[i].weekdays |= d.weekdays
		}
	}
	for _, d := range weeks {
		r := d.policyRecurring
		for i := range 7 {
			if d.weekdays&(1<<((i+1)%7)) != 0 {
				r.Week = append(r.Week, i+1)
			}
		}
		if d.first.After(w.today) {
			r.From = d.first.Format(time.DateOnly)
		}
		if !d.last.IsZero() && d.last.Before(tablesEnd()) {
			r.To = d.last.Format(time.DateOnly)
		}
		out = append(out, r)
	}
	return out
}

func (w *policyWriter) atMidnight(weekday int) schedule.Limits {
	return w.c.at(ordinarySunday().AddDate(0, 0, weekday+6), minutesPerDay-1, w.plan.Limits)
}

// Recurring schedules must end by 23:59 and must not touch.
func (w *policyWriter) fit(in []span) (out []span) {
	for i, s := range in {
		if s.end == minutesPerDay || i+1 < len(in) && in[i+1].start == s.end {
			s.end--
			if !w.gap {
				w.gap = true
				w.plan.note("recurring schedules of a policy must end by 23:59 and must not touch: for a " +
					"minute between " +
					"two of them, the policy's own limits apply")
			}
		}
		if s.end > s.start {
			out = append(out, s)
		}
	}
	return out
}

func (w *policyWriter) window(s span) policyRecurring {
	r := policyRecurring{Start: clockOf(s.start), End: clockOf(s.end), Initial: s.initial}
	r.Min, r.Max = w.limits(s.limits, 0)
	return r
}

// A recurring schedule also applies on a date, unless a schedule of the date began before it. If the weekday has any,
// the whole day is written out.
func (w *policyWriter) specific() []policySpecific {
	var out []policySpecific
	for i := 0; i < len(w.c.Dates); {
		first, days, all := w.c.Dates[i].First, []Day(nil), false
		next := first
		for ; i < len(w.c.Dates) && w.c.Dates[i].First.Equal(next); i++ {
			for d := w.c.Dates[i].First; !d.After(w.c.Dates[i].Last); d = d.AddDate(0, 0, 1) {
				days = append(days, w.c.Dates[i].Day)
				all = all || w.interferes(d)
				next = d.AddDate(0, 0, 1)
			}
		}
		before := w.c.at(first.AddDate(0, 0, -1), minutesPerDay-1, w.plan.Limits)
		for _, s := range w.spans(days, before, all) {
			at := func(minute int) string {
				return first.Add(time.Duration(minute) * time.Minute).Format("2006-01-02T15:04")
			}
			o := policySpecific{Start: at(s.start), End: at(s.end), Initial: s.initial}
			o.Min, o.Max = w.limits(s.limits, 0)
			out = append(out, o)
		}
	}
	return out
}

func (w *policyWriter) interferes(date time.Time) bool {
	return slices.ContainsFunc(w.c.recurring(date), func(s Step) bool { return s.Limits != w.base })
}

// A rule with a maximum and a minimum becomes two.
func (p *Plan) policyRules() (out []policyRule) {
	for _, b := range p.Breaches {
		sign := "+"
		if b.Down {
			sign = "-"
		}
		out = append(out, policyRule{
			b.Metric, int(b.Breach.Seconds()), b.Threshold, b.Operator,
			int(b.Cooldown.Seconds()), sign + stepText(b.Step),
		})
	}
	if len(p.Rules) > 0 {
		p.note("the rules become scaling_rules: all values of %d seconds must be beyond the threshold instead of "+
			"their mean, only the first one that is breached acts, and one low metric is enough to remove "+
			"instances. Those that add instances come first", defaultBreach)
	}
	for _, down := range []bool{false, true} {
		for i := range p.Rules {
			if r, ok := p.policyRule(&p.Rules[i], down); ok {
				out = append(out, r)
			}
		}
	}
	return out
}

func (p *Plan) policyRule(r *decide.SignalRule, down bool) (policyRule, bool) {
	out := policyRule{
		Metric: metric(r), Breach: defaultBreach, Threshold: r.Max, Operator: ">",
		Cooldown: leastSeconds, Adjustment: "+" + stepText(r.Up),
	}
	if down {
		out.Threshold, out.Operator, out.Adjustment = r.Min, "<", "-"+stepText(r.Down)
	}
	switch {
	case math.IsNaN(out.Threshold) || math.IsInf(out.Threshold, 0):
		return out, false
	case r.By != "":
		if !down || math.IsNaN(r.Max) {
			p.note("the rule %s is left out: a policy cannot divide a metric by another one", r)
		}
		return out, false
	case !metricName.MatchString(out.Metric):
		if !down || math.IsNaN(r.Max) {
			p.note("the rule %s is left out: the name of a metric must have only letters, digits and underscores",
				r)
		}
		return out, false
	}
	if whole := math.Round(out.Threshold); whole != out.Threshold {
		p.note("the threshold %g of %s becomes %g: thresholds of a policy are whole numbers", out.Threshold, r, whole)
		out.Threshold = whole
	}
	p.lost(r, down)
	return out, true
}

func stepText(s decide.Step) string {
	switch {
	case s.Percent > 0:
		return fmt.Sprintf("%.0f%%", max(1, math.Round(s.Percent)))
	default:
		return fmt.Sprint(max(1, s.Dynos))
	}
}
