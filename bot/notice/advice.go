package notice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Open returns the incidents that n has as events of the newest tick, with their advice. The newest incident is the
// first.
func (n Notified) Open(r record.Record) []notify.Event {
	var open []notify.Event
	for k, i := range n.Incidents {
		e := event(r, k, "")
		e.Phase, e.Since, e.Advice = notify.Opened, i.Since, Advice(k, r)
		e.Incident = notify.IncidentID(r.App, r.ProcessType, k, i.Since)
		open = append(open, e)
	}
	slices.SortFunc(open, func(a, b notify.Event) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Kind, b.Kind))
	})
	return open
}

// Advice says what people can do about the incident k, in sentences. r is the record of the newest tick. It is "" if k
// is not an incident that ticks detect.
func Advice(k notify.Kind, r record.Record) string {
	switch k {
	case notify.NeedsExceedMax:
		return exceedsMax(r)
	case notify.NeedsBelowMin:
		return "Lower MIN_DYNOS" + saves(r) + "."
	case notify.ScaleFailed:
		return "Look at the platform's status page, and run autoscalebot check. The bot tries again at each heartbeat."
	case notify.IneffectiveScaleUps:
		return ineffective(r)
	case notify.HeartbeatUnreachable:
		return unreachable(r)
	case notify.SignalUnreachable:
		return "Check the server of the signal. autoscalebot check shows what each signal answers."
	case notify.NoDecisions:
		return "Run autoscalebot status and autoscalebot check."
	case notify.LeftAlone:
		return leftAlone(r)
	case notify.BudgetForecast, notify.BudgetReached:
		return "Raise MONTHLY_BUDGET, or lower MAX_DYNOS."
	case notify.Offline:
		return "Check the network connection of the bot's machine."
	case notify.Paused:
		if record.Paused(r.Control, r.Time) == "" {
			return "To end it, remove the setting PAUSED and restart the bot."
		}
		return "To end it, run autoscalebot resume."
	case notify.Override:
		return "To end it, run autoscalebot scale auto."
	case notify.Limits:
		return "To end it, run autoscalebot limits auto."
	}
	return ""
}

func exceedsMax(r record.Record) string {
	raise := "Raise MAX_DYNOS"
	if len(r.Control.Limits) > 0 {
		raise = "Set higher limits with autoscalebot limits"
	} else if r.MaxRow != "" {
		raise += " (" + r.MaxRow + " is in force)"
	}
	if c := r.Decision.Ineffective; c != nil {
		return fmt.Sprintf("Look at the database first: %s from %d to %d did not help.", scaleUps(c), c.From,
			max(c.From, r.Dynos))
	}
	if r.Decision.ByRules || r.Decision.Reading < 0 {
		return raise + ", or find out why the signal is so high."
	}
	return raise + ", or find out what makes the app slow."
}

func ineffective(r record.Record) string {
	c := r.Decision.Ineffective
	if c == nil {
		return ""
	}
	return fmt.Sprintf("Look at the database, slow routes and other services: %s did not help, so the bot "+
		"adds no more.",
		scaleUps(c))
}

func scaleUps(c *decide.ScaleUps) string {
	if c.N == 1 {
		return "1 scale-up"
	}
	return fmt.Sprintf("%d scale-ups", c.N)
}

func saves(r record.Record) string {
	if r.Price <= 0 {
		return " to save money"
	}
	return fmt.Sprintf(" to save $%.6g a month for each %s", r.Price, strings.TrimPrefix(r.Of(1), "1 "))
}

func unreachable(r record.Record) string {
	hb, _ := r.Heartbeat()
	switch hb.Outcome {
	case probe.Timeout:
		return "Open the heartbeat URL in a browser. If the app is only slow, raise HEARTBEAT_TIMEOUT_IN_SECONDS."
	case probe.ServerError, probe.Overloaded:
		return "Look at the app's log."
	case probe.ClientError, probe.BadAnswer:
		return "Open the heartbeat URL in a browser. Check HEARTBEAT_URL, and that the app has a heartbeat page."
	}
	return "Check that the app is up, and that HEARTBEAT_URL leads to it."
}

func leftAlone(r record.Record) string {
	if r.Dynos == 0 && r.Decision.LeftAlone == "" {
		return "To let the bot scale again, set 1 or more " + r.Units() + " on the platform."
	}
	return "If somebody intended this, there is nothing to do. The bot continues by itself when it ends."
}
