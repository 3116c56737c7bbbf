package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

// In runes. Names on any platform are shorter; a reason may contain an API's response.
const (
	maxName   = 100
	maxReason = 1000
)

// A Fact is one line of an event's details, such as "Dynos" and "2 → 3".
type Fact struct{ Name, Value string }

// Subject is what happened, in one line without control characters, whatever the event contains.
func (e Event) Subject() string {
	s := e.what()
	if app := OneLine(e.App, maxName); app != "" {
		s = app + ": " + s
	}
	return s
}

func (e Event) what() string {
	s := e.headline()
	if e.Phase == Resolved {
		s = "resolved: " + s
	}
	if d := e.lasted(); d >= time.Second {
		word := "for"
		if e.Phase == Resolved {
			word = "after"
		}
		s += fmt.Sprintf(" (%s %s)", word, words.Length(d))
	}
	if e.DryRun {
		s += " (dry run)"
	}
	return s
}

// Text is the details in a few lines: the reason and the advice, if there are any, each with an empty line after it,
// and the [Event.Facts]. It does not repeat the Subject, and does not end in a line break.
func (e Event) Text() string {
	var b strings.Builder
	for _, line := range []string{e.ReasonLine(), e.AdviceLine()} {
		if line != "" {
			b.WriteString(line + "\n\n")
		}
	}
	for _, f := range e.Facts() {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// ReasonLine is the event's Reason on one line of bounded length.
func (e Event) ReasonLine() string { return OneLine(e.Reason, maxReason) }

// AdviceLine is the event's Advice on one line of bounded length.
func (e Event) AdviceLine() string { return OneLine(e.Advice, maxReason) }

// Facts are the event's details for people, without those that are unknown. No value contains a line break.
func (e Event) Facts() []Fact {
	var facts []Fact
	add := func(name, value string) { facts = append(facts, Fact{name, value}) }
	if app := OneLine(e.App, maxName); app != "" {
		add("App", app+" ("+e.process()+")")
	}
	if limits := e.Max != 0 || e.Min != 0; limits || e.From != 0 || e.To != 0 {
		units := e.units()
		units = strings.ToUpper(units[:1]) + units[1:]
		if e.Kind == ScaleFailed && e.From != e.To && e.Phase != Resolved {
			add(units, fmt.Sprintf("%d (desired %d)", e.From, e.To))
		} else {
			add(units, e.dynos())
		}
		if e.SizeTo != "" && e.Kind == ScaleFailed {
			add("Size", fmt.Sprintf("%s (desired %s)", OneLine(e.SizeFrom, maxName), OneLine(e.SizeTo, maxName)))
		} else if e.SizeTo != "" {
			add("Size", e.size())
		}
		if limits {
			add("Limits", fmt.Sprintf("%d to %d", e.Min, e.Max))
		}
	}
	if e.ResponseTimeMS != 0 {
		add("Response time", words.Millis(e.ResponseTimeMS))
	}
	if !e.Time.IsZero() {
		add("Time", e.Time.Format(time.RFC3339))
	}
	if !e.Since.IsZero() {
		add("Since", e.Since.Format(time.RFC3339))
	}
	if e.DryRun {
		add("Dry run", "nothing was changed")
	}
	return facts
}

// The app, the duration and the dry run are added by what.
func (e Event) headline() string {
	switch e.Kind {
	case Scaled:
		switch {
		case e.SizeTo != "" && e.DryRun:
			return fmt.Sprintf("%s would be resized %s", e.process(), e.size())
		case e.SizeTo != "":
			return fmt.Sprintf("%s resized %s", e.process(), e.size())
		case e.DryRun:
			return fmt.Sprintf("%s would be scaled %s", e.process(), e.dynos())
		}
		return fmt.Sprintf("%s scaled %s", e.process(), e.dynos())
	case ScaleFailed:
		switch {
		case e.Phase == Resolved:
			return "scaling " + e.process() + " works again"
		case e.SizeTo != "":
			return e.process() + " " + e.still() + "could not be resized " + e.size()
		case e.From == e.To:
			return "the number of " + e.process() + " " + e.units() + " " + e.still() + "could not be read"
		}
		return e.process() + " " + e.still() + "could not be scaled " + e.dynos()
	case NeedsExceedMax:
		if e.Phase == Resolved {
			return fmt.Sprintf("%s no longer needs more than its maximum of %d", e.process(), e.Max)
		}
		if e.BySignals || e.ResponseTimeMS == 0 {
			return fmt.Sprintf("%s is at its maximum of %d and still needs more", e.process(), e.Max)
		}
		return fmt.Sprintf("%s is at its maximum of %d and still too slow", e.process(), e.Max)
	case IneffectiveScaleUps:
		if e.Phase == Resolved {
			return e.process() + " can be scaled up again"
		}
		return "more " + e.units() + " " + e.still() + "do not make " + e.process() + " faster"
	case NeedsBelowMin:
		if e.Phase == Resolved {
			return fmt.Sprintf("%s needs its minimum of %d again", e.process(), e.Min)
		}
		return fmt.Sprintf("%s is at its minimum of %d and needs fewer", e.process(), e.Min)
	case ScaleDiffExceeded:
		if e.From == e.To {
			return e.process() + " is scaling rapidly"
		}
		return fmt.Sprintf("%s is scaling rapidly, %s", e.process(), e.dynos())
	case HeartbeatUnreachable:
		if e.Phase == Resolved {
			return "the heartbeat is reachable again"
		}
		return "the heartbeat is " + e.still() + "unreachable" + e.affects(" is not being scaled")
	case HeartbeatRecovered:
		return "the heartbeat is reachable again"
	case SignalUnreachable:
		if e.Phase == Resolved {
			return "all signals of " + e.process() + " give data again"
		}
		return "a signal of " + e.process() + " " + e.still() + "gives no data" + e.affects(" is not scaled down")
	case ServerFailed:
		return "a server of " + e.process() + " failed"
	case PoolBlocked:
		if e.Phase == Resolved {
			return "the pool of " + e.process() + " can get its servers again"
		}
		return "the pool of " + e.process() + " " + e.still() + "cannot get its servers"
	case SecondBot:
		if e.Phase == Resolved {
			return "only one autoscalebot scales " + e.process()
		}
		return "another autoscalebot " + e.still() + "scales " + e.process()
	case NoDecisions:
		if e.Phase == Resolved {
			return e.process() + " is being scaled again"
		}
		return e.process() + " is " + e.still() + "not being scaled"
	case LeftAlone:
		switch {
		case e.Phase == Resolved:
			return "the bot scales " + e.process() + " again, from " + strconv.Itoa(e.To)
		case e.To > 0:
			return "the bot " + e.still() + "leaves " + e.process() + " alone"
		}
		return e.process() + " is " + e.still() + "at 0 " + e.units() + ", so the bot leaves it alone"
	case ManualChange:
		return fmt.Sprintf("manual change of %s, %s", e.process(), e.dynos())
	case BudgetForecast:
		if e.Phase == Resolved {
			return e.process() + " is forecast to stay within the month's budget"
		}
		return e.process() + " is " + e.still() + "forecast to exceed the month's budget"
	case BudgetReached:
		if e.Phase == Resolved {
			return e.process() + " is within its budget again"
		}
		return "the month's budget of " + e.process() + " is " + e.still() + "used up, so " + e.process() +
			" is not scaled up"
	case Offline:
		if e.Phase == Resolved {
			return "the bot is online again"
		}
		return "the bot is " + e.still() + "offline"
	case Paused:
		if e.Phase == Resolved {
			return "scaling of " + e.process() + " is no longer paused"
		}
		return "scaling of " + e.process() + " is " + e.still() + "paused"
	case Override:
		if e.Phase == Resolved {
			return "the override of " + e.process() + " has ended"
		}
		return "an override of " + e.process() + " is " + e.still() + "in force"
	case Limits:
		if e.Phase == Resolved {
			return "the limits of " + e.process() + " are those of the schedule again"
		}
		return fmt.Sprintf("limits of %d to %d are %sin force for %s", e.Min, e.Max, e.still(), e.process())
	case SettingsReloaded:
		return "the settings were reloaded"
	case SettingsRefused:
		switch e.Phase {
		case Resolved:
			return "the settings file is valid again"
		case Reminded:
			return "the settings file is still refused"
		}
		return "the settings file was refused"
	case Ping:
		if e.ResponseTimeMS == 0 {
			return "the heartbeat was not answered"
		}
		return "the heartbeat took " + words.Millis(e.ResponseTimeMS)
	case Test:
		return "this is a test notice"
	}
	return strings.TrimSpace(e.process() + " " + strings.ReplaceAll(OneLine(string(e.Kind), maxName), "_", " "))
}

func (e Event) affects(usual string) string {
	switch e.Affects {
	case AffectsNothing:
		return ""
	case AffectsDown:
		usual = " is not scaled down"
	case AffectsSize:
		return ", so the size of " + e.process() + " is not reduced"
	case AffectsRules:
		return ", so its rules do not act"
	}
	return ", so " + e.process() + usual
}

func (e Event) still() string {
	if e.Phase == Reminded {
		return "still "
	}
	return ""
}

func (e Event) process() string {
	if p := OneLine(e.ProcessType, maxName); p != "" {
		return p
	}
	return "app"
}

func (e Event) dynos() string {
	if e.From < 0 {
		return "unknown"
	}
	if e.From == e.To {
		return strconv.Itoa(e.To)
	}
	return fmt.Sprintf("%d → %d", e.From, e.To)
}

func (e Event) units() string { return words.Unit(OneLine(e.Unit, maxName)).Many() }

func (e Event) size() string {
	return OneLine(e.SizeFrom, maxName) + " → " + OneLine(e.SizeTo, maxName)
}

// It is 0 for an event that is not an incident.
func (e Event) lasted() time.Duration {
	if e.Since.IsZero() {
		return 0
	}
	return e.Time.Sub(e.Since)
}

// OneLine makes s fit for one line: it replaces line breaks, control characters, invalid UTF-8 and characters that
// change the writing direction by spaces, reduces runs of spaces to one, and cuts s after limit runes with "…".
func OneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) ||
			unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
