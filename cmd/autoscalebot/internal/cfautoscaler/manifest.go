package cfautoscaler

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var ruleTypes = []string{"cpu", "memory", "http_throughput", "http_latency", "rabbitmq", "custom", "compare"}

func (r *reader) manifest(root *document.Node, now time.Time) *Plan {
	r.keys(root, "a manifest", "instance_limits", "rules", "scheduled_limit_changes")
	p := &Plan{Limits: r.limits(root), carries: true}
	for _, item := range r.items(root, "rules") {
		if r.keys(item, "a rule", "rule_type", "rule_sub_type", "queue_name", "metric",
			"comparison_metric", "threshold") {
			r.rule(p, item)
		}
	}
	var changes []change
	for _, item := range r.items(root, "scheduled_limit_changes") {
		if r.keys(item, "a scheduled limit change", "recurrence", "executes_at", "instance_limits") {
			changes = append(changes, r.change(item))
		}
	}
	if len(p.Rules) > 0 {
		p.Every = ManifestEvery
	}
	if len(r.mistakes) == 0 {
		p.changes(changes, now)
	}
	return p
}

func (r *reader) limits(n *document.Node) (l schedule.Limits) {
	limits := n.Get("instance_limits")
	if limits == nil {
		r.wrong(n, "instance_limits is missing")
		return l
	}
	if !r.keys(limits, "instance_limits", "min", "max") {
		return l
	}
	var ok, ok2 bool
	l.Min, ok = r.whole(limits, "min", true, 0, mostInstances)
	l.Max, ok2 = r.whole(limits, "max", true, 0, mostInstances)
	if ok && ok2 && l.Min > l.Max {
		r.wrong(limits, "min is %d: must be at most max, %d", l.Min, l.Max)
	}
	return l
}

func (r *reader) rule(p *Plan, n *document.Node) {
	kind, ok := r.text(n, "rule_type", true)
	if kind = strings.ToLower(kind); ok && !slices.Contains(ruleTypes, kind) {
		r.wrong(n.Get("rule_type"), "rule_type is %.60q: must be one of %s", kind, strings.Join(ruleTypes, ", "))
		return
	}
	rule := decide.SignalRule{Window: meanWindow}
	r.threshold(&rule, n)
	sub, _ := r.text(n, "rule_sub_type", false)
	switch kind {
	case "cpu":
		rule = whole(rule, cpu)
	case "memory":
		rule = whole(rule, memory)
	case "http_throughput":
		rule = whole(rule, throughput)
		rule.PerDyno = true
	case "http_latency":
		rule = whole(rule, r.latency(n, sub))
	case "rabbitmq":
		if queue := r.queue(n, sub); queue != "" {
			rule.Signal = SignalName(queue)
			p.source(rule.Signal, "rabbitmq+${RABBITMQ_URL}#"+escaped(queueEscapes.Replace(queue)))
		}
	default:
		r.custom(p, &rule, n, kind == "compare")
	}
	if rule.Signal == "" && len(r.mistakes) == 0 {
		r.wrong(n, "the rule has no usable name for a signal: must have at least one letter or digit")
	}
	if slices.ContainsFunc(p.Rules, func(o decide.SignalRule) bool { return o.String() == rule.String() }) &&
		rule.Signal != "" {
		r.wrong(n, "duplicate rule for %s", rule.String())
	}
	p.vain(n, kind, sub)
	p.hollow(n, kind, rule)
	p.Rules = append(p.Rules, rule)
}

// The platform keeps the past of the signal, so the rule need not wait after a change.
func whole(rule decide.SignalRule, signal string) decide.SignalRule {
	rule.Signal, rule.Wait = signal, decide.NoWait
	return rule
}

func (r *reader) latency(n *document.Node, sub string) string {
	switch strings.ToLower(sub) {
	case "", avg99:
		return latency
	case avg95:
		return latency95
	}
	r.wrong(n.Get("rule_sub_type"), "rule_sub_type is %.60q: must be %s or %s", sub, avg99, avg95)
	return ""
}

// Older manifests have the queue's name in rule_sub_type.
func (r *reader) queue(n *document.Node, sub string) string {
	name, _ := r.text(n, "queue_name", false)
	if name = cmp.Or(name, sub); name == "" {
		r.wrong(n, "queue_name is missing")
	}
	return name
}

func (p *Plan) vain(n *document.Node, kind, sub string) {
	uses := map[string][]string{
		"http_latency": {"rule_sub_type"}, "rabbitmq": {"queue_name", "rule_sub_type"},
		"custom": {"metric", "comparison_metric"}, "compare": {"metric", "comparison_metric"},
	}
	for _, pair := range n.Pairs {
		switch key := pair.Key; {
		case key == "rule_type" || key == "threshold" || slices.Contains(uses[kind], key) || pair.Value.Text == "":
		default:
			p.note("line %d: %s has no effect on a rule of the type %s", pair.Line, key, kind)
		}
	}
}

func (p *Plan) hollow(n *document.Node, kind string, rule decide.SignalRule) {
	line := n.Line
	if t := n.Get("threshold"); t != nil {
		line = t.Line
	}
	if rule.Min <= 0 && kind != "custom" && kind != "compare" {
		p.note("line %d: the minimum of %s is %s, and no value can be below it: this rule prevents all "+
			"scale-downs", line, kind, number(rule.Min))
	}
	if rule.Max >= 100 && kind == "memory" {
		p.note("line %d: the maximum of memory is %s, and no percentage can be above it: this rule never leads to "+
			"a scale-up", line, number(rule.Max))
	}
}

var (
	queueEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "%", `\%`)
	queueNames   = strings.NewReplacer(`\\`, `\`, `\,`, ",", `\;`, ";", `\%`, "%")
)

func (r *reader) custom(p *Plan, rule *decide.SignalRule, n *document.Node, compare bool) {
	metric, ok := r.text(n, "metric", true)
	if !ok {
		return
	}
	rule.Signal = SignalName(metric)
	p.source(rule.Signal, ownMetric+escaped(metric))
	if by, ok := r.text(n, "comparison_metric", compare); ok && by != "" {
		rule.By = SignalName(by)
		p.source(rule.By, ownMetric+escaped(by))
	}
}

func (r *reader) threshold(rule *decide.SignalRule, n *document.Node) {
	rule.Max, rule.Min = math.NaN(), math.NaN()
	t := n.Get("threshold")
	if t == nil {
		r.wrong(n, "threshold is missing: must be a map with min and max")
		return
	}
	if !r.keys(t, "threshold", "min", "max") {
		return
	}
	var ok, ok2 bool
	rule.Min, ok = r.number(t, "min", true)
	rule.Max, ok2 = r.number(t, "max", true)
	if ok && ok2 && rule.Min >= rule.Max {
		r.wrong(t, "min is %g: must be below max, %g", rule.Min, rule.Max)
	}
}

// The limits apply from at up to the next change.
type change struct {
	at time.Time
	// weekdays has a bit for each weekday on which the change recurs, in UTC, Sunday the lowest; 0 for a single change.
	weekdays int
	limits   schedule.Limits
	node     *document.Node
}

// In a manifest Sunday is bit 6 and Saturday bit 0. The function is its own inverse.
func fromRecurrence(mask int) (out int) {
	for d := range 7 {
		if mask&(1<<(6-d)) != 0 {
			out |= 1 << d
		}
	}
	return out
}

func (r *reader) change(n *document.Node) (c change) {
	c.node = n
	text, ok := r.text(n, "executes_at", true)
	at, err := time.Parse(time.RFC3339, text)
	if ok && err != nil {
		r.wrong(n.Get("executes_at"), "executes_at is %.60q: must be a time such as 2026-12-24T08:00:00Z", text)
	}
	c.at = at.UTC().Truncate(time.Minute)
	if mask, ok := r.whole(n, "recurrence", false, 0, everyWeekday); ok {
		c.weekdays = fromRecurrence(mask)
	}
	c.limits = r.limits(n)
	return c
}

// Of two changes at the same time, the later one in the document applies.
func (p *Plan) changes(in []change, now time.Time) {
	c := &p.Calendar
	today, _ := dateOf(now, time.UTC)
	var once []change
	for _, ch := range in {
		date, minute := dateOf(ch.at, time.UTC)
		if date.After(tablesEnd()) {
			p.note("line %d: this change is left out: it is on %s, after the last date that a schedule may have",
				ch.node.Line, date.Format(time.DateOnly))
			continue
		}
		if ch.weekdays == 0 {
			once = append(once, ch)
			continue
		}
		if ch.at.After(now.AddDate(0, 0, 7)) {
			p.note("line %d: this change recurs from %s; here it recurs from now on", ch.node.Line,
				ch.at.Format(time.DateOnly))
		}
		for d := range c.Week {
			if ch.weekdays&(1<<d) != 0 {
				c.Week[d] = c.Week[d].with(Step{minute, ch.limits})
			}
		}
	}
	slices.SortStableFunc(once, func(a, b change) int { return a.at.Compare(b.at) })
	for len(once) > 0 && once[0].at.Before(today) {
		if c.weekly() == 0 { // the last change still applies
			p.Limits = once[0].limits
		}
		once = once[1:]
	}
	for i, ch := range once {
		date, minute := dateOf(ch.at, time.UTC)
		if i > 0 && c.weekly() == 0 {
			c.hold(date, once[i-1].limits)
		}
		if n := len(c.Dates); n > 0 && c.Dates[n-1].Last.Equal(date) {
			c.Dates[n-1].Day = c.Dates[n-1].Day.with(Step{minute, ch.limits})
			continue
		}
		day := c.recurring(date)
		if c.weekly() == 0 {
			day = Day{{0, p.Limits}}
			if i > 0 {
				day = Day{{0, once[i-1].limits}}
			}
		}
		c.addDates(Dates{date, date, day.with(Step{minute, ch.limits})})
	}
	if n := len(once); n > 0 && c.weekly() == 0 {
		c.hold(time.Date(lastYear+1, time.January, 1, 0, 0, 0, 0, time.UTC), once[n-1].limits)
	}
}

// The limits apply on all days after the last date, before until.
func (c *Calendar) hold(until time.Time, l schedule.Limits) {
	first, last := c.Dates[len(c.Dates)-1].Last.AddDate(0, 0, 1), until.AddDate(0, 0, -1)
	if !last.Before(first) {
		c.Dates = append(c.Dates, Dates{first, last, Day{{0, l}}})
	}
}

func (d Day) with(s Step) Day {
	d = slices.DeleteFunc(slices.Clone(d), func(o Step) bool { return o.Minute == s.Minute })
	d = append(d, s)
	slices.SortFunc(d, byMinute)
	return d
}

// Manifest returns the plan as a manifest. Notes of the plan list what a manifest cannot have.
func (p *Plan) Manifest(now time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ninstance_limits:\n  min: %d\n  max: %d\n", p.Limits.Min, p.Limits.Max)
	p.manifestRules(&b)
	changes := p.manifestChanges(now)
	if len(changes) > 0 {
		b.WriteString("scheduled_limit_changes:\n")
	}
	for _, ch := range changes {
		fmt.Fprintf(&b, "- recurrence: %d\n  executes_at: %q\n  instance_limits:\n    min: %d\n    max: %d\n",
			fromRecurrence(ch.weekdays), ch.at.UTC().Format(time.RFC3339), ch.limits.Min, ch.limits.Max)
	}
	return []byte(b.String())
}

func (p *Plan) manifestRules(b *strings.Builder) {
	rules := slices.Clone(p.Rules)
	rules = append(rules, p.pairs()...)
	written := false
	for i := range rules {
		r := &rules[i]
		if math.IsNaN(r.Max) || math.IsNaN(r.Min) {
			p.note("the rule %s is left out: a rule of a manifest must have a minimum and a maximum", r)
			continue
		}
		if !written {
			b.WriteString("rules:\n")
			written = true
		}
		p.lost(r, false)
		if up, down := stepText(r.Up), stepText(r.Down); up != "1" || down != "1" {
			p.note("the rule %s adds %s and removes %s; a manifest has no steps. Set the app's scaling factors", r,
				up, down)
		}
		fmt.Fprintf(b, "- %s\n  threshold:\n    min: %s\n    max: %s\n", p.ruleType(r), number(r.Min), number(r.Max))
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (p *Plan) ruleType(r *decide.SignalRule) string {
	url := p.Sources[r.Signal]
	switch _, queue, _ := strings.Cut(url, "#"); {
	case r.By != "":
		return fmt.Sprintf("rule_type: compare\n  metric: %q\n  comparison_metric: %q",
			p.pushed(r.Signal), p.pushed(r.By))
	case strings.HasPrefix(url, "rabbitmq") && queue != "" && !strings.Contains(strings.ReplaceAll(queue, `\,`, ""), ","):
		return fmt.Sprintf("rule_type: rabbitmq\n  queue_name: %q",
			queueNames.Replace(strings.ReplaceAll(queue, "$$", "$")))
	case r.Signal == cpu:
		return "rule_type: cpu"
	case r.Signal == "cpuutil" && url == "":
		p.note("the rule cpuutil, relative to the CPU entitlement, becomes cpu, with 100 %% for one core of the " +
			"machine")
		return "rule_type: cpu"
	case r.Signal == memory || r.Signal == drainMemory:
		return "rule_type: memory"
	case r.Signal == throughput || r.Signal == instanceThroughput:
		return "rule_type: http_throughput"
	case r.Signal == latency || r.Signal == drainLatency:
		return "rule_type: http_latency\n  rule_sub_type: " + avg99
	case r.Signal == latency95:
		return "rule_type: http_latency\n  rule_sub_type: " + avg95
	}
	return fmt.Sprintf("rule_type: custom\n  metric: %q", p.pushed(r.Signal))
}

// Two breaches of a metric, one that adds and one that removes, become one rule.
func (p *Plan) pairs() (out []decide.SignalRule) {
	used := make([]bool, len(p.Breaches))
	for i, up := range p.Breaches {
		j := slices.IndexFunc(p.Breaches, func(b decide.BreachRule) bool {
			return !up.Down && b.Down && b.Metric == up.Metric && up.Operator[0] == '>' && b.Operator[0] == '<' &&
				b.Threshold < up.Threshold
		})
		if up.Down || j < 0 || used[j] {
			continue
		}
		used[i], used[j] = true, true
		signal, per := Signal(up.Metric)
		out = append(out, decide.SignalRule{
			Signal: signal, PerDyno: per, Max: up.Threshold, Min: p.Breaches[j].Threshold, Window: meanWindow,
			Up: up.Step, Down: p.Breaches[j].Step,
		})
	}
	for i, b := range p.Breaches {
		if !used[i] {
			p.note("the rule %s %s %s is left out: a rule of a manifest must have a maximum that adds and a minimum "+
				"that removes", b.Metric, b.Operator, number(b.Threshold))
		}
	}
	if len(out) > 0 {
		p.note("the scaling_rules become rules: they judge the mean of %d seconds, have no cool-down and no "+
			"order, and remove an instance only if all metrics are low", int(meanWindow.Seconds()))
	}
	return out
}

func (p *Plan) manifestChanges(now time.Time) (out []change) {
	c := &p.Calendar
	zone := c.zone()
	_, winter := time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, zone).Zone()
	_, summer := time.Date(now.Year(), time.July, 1, 0, 0, 0, 0, zone).Zone()
	if winter != summer && c.weekly()+len(c.Parts) > 0 {
		p.note("a manifest has no time zone: hours in %s are converted as of %s, and do not change with "+
			"daylight saving time", zone, now.In(zone).Format(time.DateOnly))
	}
	today, _ := dateOf(now, zone)
	p.writeOut(today, func(Part) bool { return true }, "changes of a manifest recur only by weekday, and for ever")
	out = p.weekChanges(now)
	for _, d := range c.Dates {
		if c.weekly() > 0 && slices.ContainsFunc(daysOf(d, today),
			func(date time.Time) bool { return c.disturbed(date, d.Day) }) {
			p.note("changes that recur by weekday also apply on %s, and end the change of that date",
				d.First.Format(time.DateOnly))
		}
		for _, date := range daysOf(d, today) {
			for _, s := range d.Day {
				if before := c.at(date, s.Minute-1, p.Limits); s.Minute == 0 &&
					c.at(date.AddDate(0, 0, -1), minutesPerDay, p.Limits) == s.Limits || s.Minute > 0 &&
					before == s.Limits {
					continue
				}
				out = append(out, change{at: moment(date, s.Minute, zone), limits: s.Limits})
			}
		}
	}
	return out
}

// If the days of a range have no changes during the day, the first day is enough.
func daysOf(d Dates, today time.Time) (out []time.Time) {
	from := d.First
	if from.Before(today) {
		from = today
	}
	for date := from; !date.After(d.Last); date = date.AddDate(0, 0, 1) {
		out = append(out, date)
		if len(d.Day) < 2 {
			break
		}
	}
	return out
}

// A recurring step on the date is not among its own steps.
func (c *Calendar) disturbed(date time.Time, day Day) bool {
	return slices.ContainsFunc(c.recurring(date), func(s Step) bool { return !slices.Contains(day, s) })
}

func (p *Plan) weekChanges(now time.Time) (out []change) {
	zone := p.Calendar.zone()
	today, _ := dateOf(now, zone)
	for i := range 7 {
		date := today.AddDate(0, 0, i)
		for _, s := range p.Calendar.Week[date.Weekday()] {
			at := moment(date, s.Minute, zone).UTC()
			j := slices.IndexFunc(out, func(ch change) bool {
				return ch.limits == s.Limits && ch.at.Hour() == at.Hour() && ch.at.Minute() == at.Minute()
			})
			if j < 0 {
				j = len(out)
				out = append(out, change{at: at, limits: s.Limits})
			}
			out[j].weekdays |= 1 << at.Weekday()
		}
	}
	return out
}
