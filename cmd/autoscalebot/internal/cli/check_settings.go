package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// Without a file all settings come from the environment.
func (c *checker) sources(s *settings.Settings) {
	if s.File == "" {
		return
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, in := range s.AllInForce() {
		if in.From != "" {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", in.Name, in.From, shown(strings.ReplaceAll(in.Value, "\n", "; ")))
		}
	}
	_ = tw.Flush() // into memory
	text, at := b.String(), findingAt
	if c.width > 0 && widest(text) > c.width-findingAt {
		text, at = "\n"+text, besideAt
	}
	c.asIs("settings from", "ok", text, at)
}

const besideAt = 2 // column of a table that does not fit beside its name

func widest(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, utf8.RuneCountInString(strings.TrimRight(line, " \n")))
	}
	return n
}

// A schedule may have hundreds of rows.
func shown(value string) string {
	const most = 200
	if runes := []rune(value); len(runes) > most {
		return fmt.Sprintf("%s… (%d characters)", string(runes[:most]), len(runes))
	}
	return value
}

func (c *checker) compatibility(s *settings.Settings) {
	off, kept := s.SwitchedOff()
	if s.Compatibility == "" {
		return
	}
	text := "as autoscalebot 2.1: nothing is switched off"
	if len(off) > 0 {
		text = "as autoscalebot 2.1: switched off " + strings.Join(off, ", ")
	}
	if len(kept) > 0 {
		text += "; not switched off because it is set: " + strings.Join(kept, ", ")
	}
	c.report("compatibility", text, nil)
}

func (c *checker) settings(s *settings.Settings, now time.Time) {
	every := time.Duration(s.HeartbeatInterval).Seconds()
	switch {
	case s.HasHeartbeat() && len(s.ScalingRules) > 0:
		c.report("settings", fmt.Sprintf("heartbeat every %g s, timeout %g s; only the scaling rules decide", every,
			s.Timeout().Seconds()), nil)
	case s.HasHeartbeat():
		c.report("settings", fmt.Sprintf("heartbeat every %g s, timeout %g s; slow above %g ms (%v: +%v), "+
			"fast below %g ms (%v: −%v)", every, s.Timeout().Seconds(), s.MaxResponseTime, s.Fails,
			settings.Step{Step: s.Up()}, s.MinResponseTime, s.Passes, settings.Step{Step: s.Down()}), nil)
	default:
		c.report("settings", fmt.Sprintf("no heartbeat; the bot reads the signals every %g s", every), nil)
	}
	l := s.Table.At(now)
	text := fmt.Sprintf("%d to %s now", l.Min, c.unit.Of(l.Max))
	if when, next, ok := s.Table.Next(now); ok {
		text += fmt.Sprintf(", %d to %d from %s (%s)", next.Min, next.Max,
			when.In(s.TimeZone.Location).Format("Mon 15:04"), s.TimeZone)
	}
	c.report("limits", text, nil)
	if week := s.Table.Week(now); strings.Contains(week, "\n") { // one line is the limits above
		fmt.Fprintf(c.out, "\n  %s\n\n", indent(week, 2))
	}
	for _, row := range s.Silenced() {
		c.note("limits", row)
	}
	if why := s.Flap(now); why != "" && s.ByHeartbeat() {
		c.report("thresholds", "too close together", errors.New(why))
	}
	if s.Paused.Up || s.Paused.Down {
		c.note("paused", "PAUSED is set: in this direction the bot only enforces the limits")
	}
	if s.DryRun {
		c.note("dry run", "DRY_RUN is set: "+dryRun)
	}
	if s.ByHeartbeat() && float64(s.MaxResponseTime) >= float64(s.Timeout().Milliseconds()) {
		c.note("timeout", fmt.Sprintf("the timeout of %g ms is not above MAX_RESPONSE_TIME_IN_MS=%g, so "+
			"only a timeout "+
			"counts as slow",
			float64(s.Timeout().Milliseconds()), s.MaxResponseTime))
	}
}
