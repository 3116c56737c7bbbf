package cfautoscaler

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// The bounds of App Autoscaler's JSON schema and validator, and its defaults, in seconds.
const (
	leastSeconds    = 60
	mostSeconds     = 3600
	defaultBreach   = 120
	defaultCooldown = 300
)

var (
	adjustment = regexp.MustCompile(`^[-+][1-9]+[0-9]*%?$`)
	metricName = regexp.MustCompile(`^[a-zA-Z0-9_]{1,100}$`)
)

func (r *reader) policy(root *document.Node, now time.Time) *Plan {
	r.platform = true
	r.keys(root, "a policy", "instance_min_count", "instance_max_count", "scaling_rules", "schedules")
	r.configuration(root)
	p := &Plan{Limits: r.counts(root, 1), now: now}
	rules, schedules := root.Get("scaling_rules"), root.Get("schedules")
	if rules == nil && schedules == nil {
		r.wrong(root, "a policy must have scaling_rules, schedules or both")
	}
	p.Breaches = r.breaches(root)
	if schedules != nil && r.keys(schedules, "schedules", "timezone", "recurring_schedule", "specific_date") {
		r.windows(p, schedules, now)
	}
	return p
}

var submitters = []string{"bound_app", "same_app"}

func (r *reader) configuration(root *document.Node) {
	n := root
	for _, key := range []string{"configuration", "custom_metrics", "metric_submission_strategy"} {
		if n = n.Get(key); n == nil {
			return
		}
	}
	if from, ok := r.text(n, "allow_from", true); ok && !slices.Contains(submitters, from) {
		r.wrong(n.Get("allow_from"), "allow_from is %.60q: must be %s", from, strings.Join(submitters, " or "))
	}
}

func (r *reader) counts(n *document.Node, least int) (l schedule.Limits) {
	low, ok := r.whole(n, "instance_min_count", true, least, mostInstances)
	high, ok2 := r.whole(n, "instance_max_count", true, 1, mostInstances)
	if ok && ok2 && low > high {
		r.wrong(n.Get("instance_min_count"),
			"instance_min_count is %d: must be at most instance_max_count, %d", low, high)
	}
	return schedule.Limits{Min: low, Max: high}
}

// Breaches reads scaling_rules in the form of a policy. Its error is a [document.Mistakes] with all mistakes.
func Breaches(n *document.Node) ([]decide.BreachRule, error) {
	r := &reader{}
	out := r.breaches(&document.Node{Kind: document.Map, Pairs: []document.Pair{{Key: "scaling_rules", Value: n}}})
	if len(r.mistakes) > 0 {
		return nil, r.mistakes
	}
	return out, nil
}

func (r *reader) breaches(n *document.Node) (out []decide.BreachRule) {
	for _, item := range r.items(n, "scaling_rules") {
		if r.keys(item, "a scaling rule", "metric_type", "threshold", "operator", "adjustment",
			"breach_duration_secs", "cool_down_secs") {
			out = append(out, r.breach(item))
		}
	}
	return out
}

func (r *reader) breach(n *document.Node) (rule decide.BreachRule) {
	var ok bool
	if rule.Metric, ok = r.text(n, "metric_type", true); ok && !metricName.MatchString(rule.Metric) {
		r.wrong(n.Get("metric_type"), "metric_type is %.120q: must be at most 100 letters, digits and underscores",
			rule.Metric)
	}
	if rule.Threshold, ok = r.number(n, "threshold", true); ok {
		r.bounds(n.Get("threshold"), rule.Metric, rule.Threshold)
	}
	if rule.Operator, ok = r.text(n, "operator", true); ok &&
		!slices.Contains([]string{"<", ">", "<=", ">="}, rule.Operator) {
		r.wrong(n.Get("operator"), "operator is %.60q: must be <, >, <= or >=", rule.Operator)
	}
	if text, ok := r.text(n, "adjustment", true); ok {
		if rule.Step, rule.Down, ok = ParseAdjustment(text); !ok {
			r.wrong(n.Get("adjustment"),
				"adjustment is %.60q: must be a sign and a number of instances, such as +1, or a percentage, "+
					"such as -50%%", text)
		}
	}
	rule.Breach = r.seconds(n, "breach_duration_secs", defaultBreach)
	rule.Cooldown = r.seconds(n, "cool_down_secs", defaultCooldown)
	if what := futile(rule.Metric, rule.Operator, rule.Threshold); what != "" {
		r.note(n.Get("threshold").Line, "the rule %s %s %s %s", rule.Metric, rule.Operator,
			number(rule.Threshold), what)
	}
	return rule
}

func (r *reader) seconds(n *document.Node, key string, otherwise int) time.Duration {
	if s, ok := r.whole(n, key, false, leastSeconds, mostSeconds); ok {
		return time.Duration(s) * time.Second
	}
	return time.Duration(otherwise) * time.Second
}

// ParseAdjustment parses an adjustment: "+1", "-2", "+50%".
func ParseAdjustment(text string) (step decide.Step, down, ok bool) {
	if !adjustment.MatchString(text) {
		return decide.Step{}, false, false
	}
	digits, percent := strings.CutSuffix(text[1:], "%")
	n, err := strconv.Atoi(digits)
	if err != nil || n > mostInstances {
		return decide.Step{}, false, false
	}
	if step = (decide.Step{Dynos: n}); percent {
		step = decide.Step{Percent: float64(n)}
	}
	return step, text[0] == '-', true
}

type window struct {
	// minutes of the day if the window recurs, otherwise since the midnight of first
	start, end int
	limits     schedule.Limits
	// the minimum at the start; 0 for the usual minimum
	initial int
	// a bit for each weekday, Sunday the lowest
	weekdays int
	days     []int
	// zero for no bound; first alone is the date of a window that does not recur
	first, last time.Time
	recurs      bool
	node        *document.Node
}

func (r *reader) windows(p *Plan, n *document.Node, now time.Time) {
	if n.Get("recurring_schedule") == nil && n.Get("specific_date") == nil {
		r.wrong(n, "schedules must have recurring_schedule, specific_date or both")
	}
	if name, ok := r.text(n, "timezone", true); ok {
		zone, err := time.LoadLocation(strings.TrimSpace(name))
		if err != nil || strings.TrimSpace(name) == "" || name == "Local" {
			r.wrong(n.Get("timezone"), "timezone is %.60q: must be an IANA name, such as Europe/Berlin", name)
		} else {
			p.Calendar.Zone = zone
		}
	}
	s := &windows{base: p.Limits}
	for _, item := range r.items(n, "recurring_schedule") {
		if r.keys(item, "a recurring schedule", "start_time", "end_time", "days_of_week", "days_of_month",
			"instance_min_count", "instance_max_count",
			"initial_min_instance_count", "start_date", "end_date") {
			s.recurring = append(s.recurring, r.recurring(item))
		}
	}
	for _, item := range r.items(n, "specific_date") {
		if r.keys(item, "a specific date", "start_date_time", "end_date_time", "instance_min_count",
			"instance_max_count", "initial_min_instance_count") {
			s.specific = append(s.specific, r.specific(item))
		}
	}
	if len(r.mistakes) > 0 {
		return
	}
	r.overlaps(s)
	if len(r.mistakes) == 0 {
		s.calendar(p, now)
	}
}

func (r *reader) window(n *document.Node) (w window) {
	w.node, w.limits = n, r.counts(n, 0)
	text, ok := r.text(n, "initial_min_instance_count", false)
	if !ok || text == "0" {
		return w
	}
	if w.initial, ok = r.whole(n, "initial_min_instance_count", false, 0, mostInstances); ok &&
		(w.initial < w.limits.Min || w.initial > w.limits.Max) {
		r.wrong(n.Get("initial_min_instance_count"),
			"initial_min_instance_count is %d: must be from instance_min_count, %d, to instance_max_count, %d",
			w.initial, w.limits.Min, w.limits.Max)
	}
	return w
}

func (r *reader) recurring(n *document.Node) window {
	w := r.window(n)
	w.recurs = true
	start, ok := r.clock(n, "start_time")
	end, ok2 := r.clock(n, "end_time")
	if ok && ok2 && start >= end {
		r.wrong(n.Get("start_time"), "start_time must be before end_time. Write two schedules for one that continues "+
			"after midnight")
	}
	w.start, w.end = start, end
	for _, d := range r.dayNumbers(n, "days_of_week", 7) {
		w.weekdays |= 1 << (d % 7)
	}
	w.days = r.dayNumbers(n, "days_of_month", 31)
	if has(n, "days_of_week") == has(n, "days_of_month") {
		r.wrong(n, "a recurring schedule must have days_of_week or days_of_month, but not both")
	}
	w.first, w.last = r.date(n, "start_date"), r.date(n, "end_date")
	if !w.first.IsZero() && !w.last.IsZero() && w.last.Before(w.first) {
		r.wrong(n.Get("start_date"), "start_date is after end_date")
	}
	return w
}

var clockPattern = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

func (r *reader) clock(n *document.Node, key string) (minute int, ok bool) {
	text, ok := r.text(n, key, true)
	if !ok {
		return 0, false
	}
	if !clockPattern.MatchString(text) {
		r.wrong(n.Get(key), "%s is %.60q: must be a time from 00:00 to 23:59, such as 08:00", key, text)
		return 0, false
	}
	hours, _ := strconv.Atoi(text[:2])
	minutes, _ := strconv.Atoi(text[3:])
	return hours*60 + minutes, true
}

func (r *reader) dayNumbers(n *document.Node, key string, most int) (out []int) {
	for _, item := range r.items(n, key) {
		d, err := strconv.Atoi(item.Text)
		if err != nil || item.Kind != document.Scalar || item.Quoted || d < 1 || d > most {
			r.wrong(item, "%s must be whole numbers from 1 to %d", key, most)
			continue
		}
		out = append(out, d)
	}
	if len(out) == 0 && has(n, key) && len(r.items(n, key)) == 0 {
		r.wrong(n.Get(key), "%s is empty: must be whole numbers from 1 to %d", key, most)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func has(n *document.Node, key string) bool {
	v := n.Get(key)
	return v != nil && v.Kind != document.Nothing
}

// The years of schedules here. An earlier beginning becomes the first date, and a later end becomes no end.
const (
	firstYear = 2000
	lastYear  = 2099
)

// zero for no date
func (r *reader) date(n *document.Node, key string) time.Time {
	text, ok := r.text(n, key, false)
	if !ok || text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.wrong(n.Get(key), "%s is %.60q: must be a date such as 2026-12-24", key, text)
		return time.Time{}
	}
	return t
}

func (r *reader) specific(n *document.Node) window {
	w := r.window(n)
	start, ok := r.dateTime(n, "start_date_time")
	end, ok2 := r.dateTime(n, "end_date_time")
	if ok && ok2 && !start.Before(end) {
		r.wrong(n.Get("start_date_time"), "start_date_time must be before end_date_time")
	}
	w.first = start.Truncate(24 * time.Hour)
	w.start, w.end = minutesFrom(w.first, start), minutesFrom(w.first, end)
	return w
}

// The times may be too far apart for a time.Duration.
func minutesFrom(from, to time.Time) int { return int((to.Unix() - from.Unix()) / 60) }

func (r *reader) dateTime(n *document.Node, key string) (time.Time, bool) {
	text, ok := r.text(n, key, true)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		r.wrong(n.Get(key), "%s is %.60q: must be a time such as 2026-12-24T08:00", key, text)
		return time.Time{}, false
	}
	return t, true
}

// Schedules must not overlap. Recurring ones must not even touch.
func (r *reader) overlaps(s *windows) {
	for i, a := range s.recurring {
		for _, b := range s.recurring[i+1:] {
			common := a.weekdays&b.weekdays != 0 ||
				slices.ContainsFunc(a.days, func(d int) bool { return slices.Contains(b.days, d) })
			apart := !a.last.IsZero() && !b.first.IsZero() && a.last.Before(b.first) || !b.last.IsZero() &&
				!a.first.IsZero() && b.last.Before(a.first)
			if common && !apart && a.end >= b.start && b.end >= a.start {
				r.wrong(b.node, "this schedule overlaps or touches the one in line %d on a common day", a.node.Line)
			}
		}
	}
	for i, a := range s.specific {
		for _, b := range s.specific[i+1:] {
			if moment(a.first, a.start, time.UTC).Before(moment(b.first, b.end, time.UTC)) &&
				moment(b.first, b.start, time.UTC).Before(moment(a.first, a.end, time.UTC)) {
				r.wrong(b.node, "this date overlaps the one in line %d", a.node.Line)
			}
		}
	}
}
