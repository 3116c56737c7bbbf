package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// sources says where each setting comes from that is given, where there is a file beside the environment.
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
	c.report("settings from", b.String(), nil)
}

// shown cuts a value that is too long for a line, such as a table of some hundred rows.
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
		text += "; set all the same: " + strings.Join(kept, ", ")
	}
	c.report("compatibility", text, nil)
}

func (c *checker) settings(s *settings.Settings, now time.Time) {
	every := time.Duration(s.HeartbeatInterval).Seconds()
	switch {
	case s.HasHeartbeat() && len(s.ScalingRules) > 0:
		c.report("settings", fmt.Sprintf("a heartbeat every %g s, given up after %g s; the scaling rules "+
			"alone decide", every, s.Timeout().Seconds()), nil)
	case s.HasHeartbeat():
		c.report("settings", fmt.Sprintf("a heartbeat every %g s, given up after %g s; slow above %g ms, fast below "+
			"%g ms; slow %v adds %v, fast %v removes %v",
			every, s.Timeout().Seconds(), s.MaxResponseTime, s.MinResponseTime,
			s.Fails, settings.Step{Step: s.Up()}, s.Passes, settings.Step{Step: s.Down()}), nil)
	default:
		c.report("settings", fmt.Sprintf("no heartbeat; the signals are read every %g s", every), nil)
	}
	l := s.Table.At(now)
	text := fmt.Sprintf("%d to %d dynos now", l.Min, l.Max)
	if when, next, ok := s.Table.Next(now); ok {
		text += fmt.Sprintf(", %d to %d from %s (%s)", next.Min, next.Max,
			when.In(s.TimeZone.Location).Format("Mon 15:04"), s.TimeZone)
	}
	c.report("limits", text, nil)
	if week := s.Table.Week(now); strings.Contains(week, "\n") { // one line says only that the limits are always these
		fmt.Fprintf(c.out, "\n  %s\n\n", indent(week, 2))
	}
	for _, row := range s.Silenced() {
		c.note("limits", row)
	}
	if why := s.Flap(now); why != "" && s.ByHeartbeat() {
		c.report("bounds", "too close together", errors.New(why))
	}
	if s.Paused.Up || s.Paused.Down {
		c.note("paused", "PAUSED is set: the bot holds the limits, and changes nothing else in this direction")
	}
	if s.DryRun {
		c.note("dry run", "DRY_RUN is set: the bot decides and tells, but changes nothing")
	}
	if s.ByHeartbeat() && float64(s.MaxResponseTime) >= float64(s.Timeout().Milliseconds()) {
		c.note("timeout", fmt.Sprintf("heartbeats are given up after %g ms, before they can be slower than %g ms: "+
			"only a timeout counts as slow",
			float64(s.Timeout().Milliseconds()), s.MaxResponseTime))
	}
}
