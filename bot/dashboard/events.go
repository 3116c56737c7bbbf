package dashboard

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Maximum numbers of a chart, the newest.
const chartEvents, chartDeploys = 500, 300

// A chartSpan is an incident, or what people have set, such as an override.
type chartSpan struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	// Kind is incident or ordered.
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Incidents that have not ended last until now.
func (d *Dashboard) chartSpans(ctx context.Context, from, to, now time.Time) ([]chartSpan, error) {
	events, err := ask(ctx, d, func(ctx context.Context) ([]notify.Event, error) {
		return d.o.History.Events(ctx, from, to, chartEvents)
	})
	if err != nil {
		return nil, err
	}
	spans := map[string]*chartSpan{}
	for _, e := range append(events, d.incidents.list()...) {
		if e.Phase == "" {
			continue
		}
		key := cmp.Or(e.Incident, string(e.Kind)+stamp(e.Since))
		s, known := spans[key]
		if !known {
			begin := e.Since
			if begin.IsZero() {
				begin = e.Time
			}
			s = &chartSpan{From: unix(begin), To: unix(now), Kind: "incident", Text: spanText(e)}
			if e.Kind.ByPeople() {
				s.Kind = "ordered"
			}
			spans[key] = s
		}
		if e.Phase == notify.Resolved {
			s.To = unix(e.Time)
		}
	}
	out := []chartSpan{}
	for _, s := range spans {
		if s.To >= unix(from) && s.From <= unix(to) {
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b chartSpan) int { return cmp.Compare(a.From, b.From) })
	return out, nil
}

func spanText(e notify.Event) string {
	e.App, e.Since = "", time.Time{}
	if e.Phase == notify.Resolved {
		e.Phase = notify.Opened
	}
	return e.Subject()
}

// The releases that delayed a scale-down. The bot does not ask for others.
func (d *Dashboard) deploys(ctx context.Context, from, to time.Time) ([]chartMark, error) {
	if d.o.Policy.DeployGrace < 0 {
		return nil, nil
	}
	rule := decide.RuleFast
	switch {
	case d.o.Policy.Adaptive != nil:
		rule = decide.RuleLessLoad
	case d.o.NoHeartbeat:
		rule = decide.RuleBelow
	}
	records, err := ask(ctx, d, func(ctx context.Context) ([]record.Record, error) {
		return d.o.History.Records(ctx, history.Query{From: from, To: to, Rule: rule, Limit: chartDeploys})
	})
	slices.SortFunc(records, func(a, b record.Record) int { return a.Time.Compare(b.Time) })
	var out []chartMark
	var last time.Time
	for _, r := range records {
		for _, c := range r.Decision.Clamps {
			if c.By != decide.ClampDeploy {
				continue
			}
			at := r.Time
			if left := time.Duration(c.SecondsLeft * float64(time.Second)); left > 0 {
				at = r.Time.Add(left - d.o.Policy.DeployGrace)
			}
			if at.Sub(last) > time.Minute && at.Sub(last) > 2*d.o.Interval {
				m := chartMark{Time: unix(at), Kind: "deploy", Text: "deploy", Why: "a release of the app"}
				out = append(out, m)
			}
			last = at
		}
	}
	return out, err
}
