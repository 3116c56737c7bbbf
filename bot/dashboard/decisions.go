package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

const tableRows = 50

type filter struct {
	Home    string
	Verdict decide.Verdict
	Rule    decide.Rule
	Changed bool
	Before  time.Time // zero shows the newest
	Period  period
}

func verdicts() []decide.Verdict {
	return []decide.Verdict{decide.Slow, decide.Fast, decide.OK, decide.NoData}
}

func rules() []decide.Rule {
	return []decide.Rule{
		decide.RuleHold, decide.RuleSlow, decide.RuleFast, decide.RuleMoreLoad, decide.RuleLessLoad, decide.RuleAbove,
		decide.RuleBelow, decide.RuleBreach,
		decide.RuleIneffective, decide.RuleLimits, decide.RuleOverride,
		decide.RuleBooting, decide.RuleNoData, decide.RuleMaintenance, decide.RuleLeftAlone, decide.RuleUnknown,
		decide.RuleOffline,
	}
}

// Unknown values are ignored.
func readFilter(q url.Values) filter {
	var f filter
	if v := decide.Verdict(q.Get("verdict")); slices.Contains(verdicts(), v) {
		f.Verdict = v
	}
	if r := decide.Rule(q.Get("rule")); slices.Contains(rules(), r) {
		f.Rule = r
	}
	f.Changed = q.Get("changed") != ""
	f.Before, _ = time.Parse(time.RFC3339Nano, q.Get("before"))
	f.Period = readPeriod(q)
	return f
}

// A zero before means the newest.
func (f filter) address(before time.Time) string {
	q := url.Values{}
	if f.Verdict != "" {
		q.Set("verdict", string(f.Verdict))
	}
	if f.Rule != "" {
		q.Set("rule", string(f.Rule))
	}
	if f.Changed {
		q.Set("changed", "yes")
	}
	if !before.IsZero() {
		q.Set("before", stamp(before))
	}
	for _, field := range f.Period.fields() {
		if field.Text != "" {
			q.Set(field.Value, field.Text)
		}
	}
	return f.Home + "?" + q.Encode() + "#decisions"
}

// The newest decisions of the charts' initial period.
func (f filter) newest() string {
	f.Period = period{}
	return f.address(time.Time{})
}

func (f filter) live() bool { return f.Before.IsZero() && f.Period.live() }

const newerRows = 10 // intervals after a selected moment

func (f filter) query(interval time.Duration) history.Query {
	q := history.Query{
		From: f.Period.From, To: f.Before, Changed: f.Changed, Verdict: f.Verdict, Rule: f.Rule, Limit: tableRows + 1,
	}
	end := f.Period.To
	if at := f.Period.At; !at.IsZero() {
		q.From, end = time.Time{}, at.Add(newerRows*max(interval, time.Second))
	}
	if q.To.IsZero() || !end.IsZero() && end.Before(q.To) {
		q.To = end
	}
	return q
}

type decision struct {
	Time                time.Time
	Clock, Day          string
	Response            string
	Verdict             mark
	Dynos               string
	Headline, Why       string
	Tone                tone
	Changed             bool
	At                  bool // nearest to the selected moment
	VerdictKey, RuleKey string
}

type decisions struct {
	Filter      filter
	Rows        []decision
	Noun        words.Unit
	NoHeartbeat bool
	Older       string // the URL; empty on the last page
	Scope       string // the period in words; empty for the newest
}

func (t decisions) empty() string {
	if f := t.Filter; f.Verdict != "" || f.Rule != "" || f.Changed || t.Scope != "" {
		return "No matching decisions."
	}
	return "No decisions yet."
}

func (d *Dashboard) decisionsPart(w http.ResponseWriter, r *http.Request, _ visitor) {
	t, err := d.decisions(r.Context(), readFilter(r.URL.Query()))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.render(w, r, http.StatusOK, decisionsPart(t))
}

func (d *Dashboard) decisions(ctx context.Context, f filter) (decisions, error) {
	records, err := ask(ctx, d, func(ctx context.Context) ([]record.Record, error) {
		return d.o.History.Records(ctx, f.query(d.o.Interval))
	})
	if err != nil {
		return decisions{}, err
	}
	slices.SortFunc(records, func(a, b record.Record) int { return b.Time.Compare(a.Time) })
	f.Home = d.home()
	t := decisions{Filter: f, Noun: d.o.Unit, NoHeartbeat: d.o.NoHeartbeat, Scope: f.Period.text(d.o.Zone)}
	for i, r := range records {
		if i == tableRows {
			t.Older = f.address(records[i-1].Time)
			break
		}
		t.Rows = append(t.Rows, d.decision(r))
	}
	if at := f.Period.At; !at.IsZero() && len(t.Rows) > 0 {
		away := func(row decision) time.Duration { return row.Time.Sub(at).Abs() }
		i := slices.IndexFunc(t.Rows, func(row decision) bool { return !row.Time.After(at) })
		if i < 0 {
			i = len(t.Rows) - 1
		}
		if i > 0 && away(t.Rows[i-1]) < away(t.Rows[i]) {
			i--
		}
		t.Rows[i].At = true
	}
	return t, nil
}

func (d *Dashboard) decision(r record.Record) decision {
	when := r.Time.In(d.o.Zone)
	hb, ok := r.Heartbeat()
	row := decision{
		Time: when, Clock: when.Format("15:04:05"), Day: when.Format("2 Jan"), Response: "–",
		Verdict: verdictMark(r.Decision.Verdict, hb),
		Dynos:   "–", Headline: r.Headline(), Why: r.Why(), Tone: toneOf(r), Changed: changed(r),
		VerdictKey: string(r.Decision.Verdict), RuleKey: string(r.Decision.Rule),
	}
	switch {
	case ok:
		row.Response = words.Millis(hb.Value)
	case d.o.NoHeartbeat:
		row.Response = ""
	}
	if n := r.After(); n >= 0 {
		row.Dynos = fmt.Sprintf("%d", n)
		if r.Action == record.Scaled {
			row.Dynos = fmt.Sprintf("%d → %d", r.Decision.From, n)
		}
	}
	return row
}
