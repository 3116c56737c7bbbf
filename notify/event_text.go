package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

// In runes. Names on any platform are shorter; a reason may hold what somebody's API answered.
const (
	maxName   = 100
	maxReason = 1000
)

// A Fact is one line of an event's details, for people: "Dynos", "2 → 3".
type Fact struct{ Name, Value string }

// Subject says in one line what happened. It holds no line break and no control character, whatever the event holds.
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
	if e.DryRun && e.Kind != Scaled {
		s += " (dry run)"
	}
	return s
}

// Text says what happened in a few lines: the reason, if there is one, an empty line, and the [Event.Facts]. It does
// not repeat the Subject, and does not end in a line break.
func (e Event) Text() string {
	var b strings.Builder
	if reason := e.ReasonLine(); reason != "" {
		b.WriteString(reason + "\n\n")
	}
	for _, f := range e.Facts() {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// ReasonLine is the event's Reason on one line of bounded length.
func (e Event) ReasonLine() string { return OneLine(e.Reason, maxReason) }

// Facts are the event's details as people want them: what is not known is left out. No value holds a line break.
func (e Event) Facts() []Fact {
	var facts []Fact
	add := func(name, value string) { facts = append(facts, Fact{name, value}) }
	if app := OneLine(e.App, maxName); app != "" {
		add("App", app+" ("+e.process()+")")
	}
	if limits := e.Max != 0 || e.Min != 0; limits || e.From != 0 || e.To != 0 {
		if e.Kind == ScaleFailed && e.From != e.To && e.Phase != Resolved {
			add("Dynos", fmt.Sprintf("%d, not %d as wanted", e.From, e.To))
		} else {
			add("Dynos", e.dynos())
		}
		if e.SizeTo != "" && e.Kind == ScaleFailed {
			add("Dyno size", fmt.Sprintf("%s, not %s as wanted", OneLine(e.SizeFrom, maxName),
				OneLine(e.SizeTo, maxName)))
		} else if e.SizeTo != "" {
			add("Dyno size", e.size())
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

// without the app, the duration and the marks that all kinds share
func (e Event) headline() string {
	switch e.Kind {
	case Scaled:
		switch {
		case e.SizeTo != "" && e.DryRun:
			return fmt.Sprintf("%s: dry run: would change dynos %s", e.process(), e.size())
		case e.SizeTo != "":
			return fmt.Sprintf("%s dynos changed %s", e.process(), e.size())
		case e.DryRun:
			return fmt.Sprintf("%s: dry run: would scale %s", e.process(), e.dynos())
		}
		return fmt.Sprintf("%s scaled %s", e.process(), e.dynos())
	case ScaleFailed:
		switch {
		case e.Phase == Resolved:
			return "scaling " + e.process() + " no longer fails"
		case e.SizeTo != "":
			return e.process() + " dynos " + e.still() + "could not be changed " + e.size()
		case e.From == e.To:
			return "the number of " + e.process() + " dynos " + e.still() + "could not be read"
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
			return "more dynos may help " + e.process() + " again"
		}
		return "more dynos " + e.still() + "don't help " + e.process()
	case NeedsBelowMin:
		if e.Phase == Resolved {
			return fmt.Sprintf("%s needs its minimum of %d again", e.process(), e.Min)
		}
		if e.BySignals {
			return fmt.Sprintf("%s is at its minimum of %d and needs fewer", e.process(), e.Min)
		}
		return fmt.Sprintf("%s is at its minimum of %d and still too fast", e.process(), e.Min)
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
			return "all signals of " + e.process() + " are known again"
		}
		return "a signal of " + e.process() + " is " + e.still() + "not known" + e.affects(" is not scaled down")
	case ServerFailed:
		return "a server of " + e.process() + " failed"
	case PoolBlocked:
		if e.Phase == Resolved {
			return "the servers of " + e.process() + " can be made as they are wanted again"
		}
		return "the servers of " + e.process() + " are " + e.still() + "not what they should be"
	case SecondBot:
		if e.Phase == Resolved {
			return "only one autoscalebot scales " + e.process()
		}
		return "another autoscalebot " + e.still() + "scales " + e.process() + " too"
	case NoDecisions:
		if e.Phase == Resolved {
			return "the bot decides about " + e.process() + " again"
		}
		return e.process() + " is " + e.still() + "not being scaled"
	case LeftAlone:
		switch {
		case e.Phase == Resolved:
			return fmt.Sprintf("the bot is scaling %s again, from %d dynos", e.process(), e.To)
		case e.To > 0:
			return e.process() + " is " + e.still() + "left alone"
		}
		return e.process() + " is " + e.still() + "at 0 dynos, so the bot keeps its hands off"
	case ManualChange:
		return fmt.Sprintf("somebody changed %s, %s", e.process(), e.dynos())
	case BudgetForecast:
		if e.Phase == Resolved {
			return e.process() + " will stay within the month's budget"
		}
		return e.process() + " will " + e.still() + "cost more than the month's budget"
	case BudgetReached:
		if e.Phase == Resolved {
			return e.process() + " has a budget again"
		}
		return "the month's budget of " + e.process() + " is " + e.still() + "used up, so no dyno is added"
	case Offline:
		if e.Phase == Resolved {
			return "the bot is connected again"
		}
		return "the bot is " + e.still() + "offline"
	case Paused:
		if e.Phase == Resolved {
			return e.process() + " is being scaled again"
		}
		return "scaling of " + e.process() + " is " + e.still() + "paused"
	case Override:
		if e.Phase == Resolved {
			return e.process() + " is being scaled by the bot again"
		}
		return e.process() + " is " + e.still() + "kept at a number that somebody asked for"
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

// usual is what follows by the event's kind.
func (e Event) affects(usual string) string {
	switch e.Affects {
	case AffectsNothing:
		return ""
	case AffectsDown:
		usual = " is not scaled down"
	case AffectsSize:
		return ", so the dynos of " + e.process() + " do not become smaller"
	case AffectsRules:
		return ", so the rules about it do nothing"
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
		return "not known"
	}
	if e.From == e.To {
		return strconv.Itoa(e.To)
	}
	return fmt.Sprintf("%d → %d", e.From, e.To)
}

func (e Event) size() string {
	return OneLine(e.SizeFrom, maxName) + " → " + OneLine(e.SizeTo, maxName)
}

// 0 when the event is no incident
func (e Event) lasted() time.Duration {
	if e.Since.IsZero() {
		return 0
	}
	return e.Time.Sub(e.Since)
}

// OneLine makes s fit to stand in a line: line breaks, control characters, invalid UTF-8 and characters that turn the
// direction of writing become spaces, runs of spaces become one, and beyond limit runes s ends in "…".
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
