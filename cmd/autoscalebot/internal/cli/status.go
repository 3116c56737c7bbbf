package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newStatus() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what the running bot does now",
		Long: `Show the number of dynos, the last decision with its reason, and the pauses and
overrides in force.` + asksABot,
		Example: `  autoscalebot status
  autoscalebot status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(st)
			}
			return printStatus(cmd.OutOrStdout(), st, s.TimeZone.Location)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON as described in docs/openapi.yaml")
	return cmd
}

func until(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04 MST") }

func printStatus(w io.Writer, st admin.Status, zone *time.Location) error {
	var b strings.Builder
	line := func(what, text string) { fmt.Fprintf(&b, "%-15s %s\n", what, indent(text, 16)) }

	line("app", st.App+" "+st.ProcessType)
	unit, number := words.Unit(st.Unit), "unknown"
	if st.Last != nil && st.Last.After() >= 0 {
		number = fmt.Sprint(st.Last.After())
	}
	line(unit.Many(), fmt.Sprintf("%s (limits %d to %d)", number, st.Limits.Min, st.Limits.Max))
	if st.Last == nil {
		line("last decision", "no heartbeat yet")
	} else {
		ago := words.Length(st.Time.Sub(st.Last.Time))
		line("last decision", fmt.Sprintf("%s, %s ago: %s", stamp(st.Last.Time, st.Time, zone), ago, explain(*st.Last)))
	}
	if st.LastChange != nil {
		line("last change", fmt.Sprintf("%s: %s", stamp(st.LastChange.Time, st.Time, zone), explain(*st.LastChange)))
	}
	if r := st.Reload; r != nil && len(r.Changed) > 0 {
		line("settings", fmt.Sprintf("reloaded at %s by %s: %s", stamp(r.Time, st.Time, zone), r.By,
			strings.Join(r.Changed, "; ")))
	}
	for _, i := range st.Incidents {
		line("incident", strings.TrimSpace(i.Text+"\n"+i.Advice))
	}
	for _, text := range st.Warnings {
		line("warning", text)
	}
	if st.Pool != nil {
		line("servers", st.Pool.String())
	}
	for _, text := range holding(st, zone) {
		line("control", text)
	}
	if st.DryRun {
		line("dry run", dryRun)
	}
	for _, c := range []struct {
		what string
		left float64
	}{{"up", st.CooldownUp}, {"down", st.CooldownDown}} {
		if c.left > 0 {
			line("cooldown", fmt.Sprintf("no scale-%s for %s", c.what,
				words.Left(time.Duration(c.left*float64(time.Second)))))
		}
	}
	if st.Last != nil && st.Last.Decision.Bill != nil {
		line("bill", st.Last.Decision.Bill.String())
	}
	if st.Last != nil && st.Last.Price > 0 {
		text := fmt.Sprintf("$%.6g a month for each %s", st.Last.Price, unit.One())
		if n := st.Last.After(); n > 0 {
			text += fmt.Sprintf(", $%.6g for the present %d", float64(n)*st.Last.Price, n)
		}
		line("price", text)
	}
	if st.Last != nil && st.Last.Quota != nil {
		line("API calls", fmt.Sprintf("%d left", *st.Last.Quota))
	}
	line("running", fmt.Sprintf("since %s, version %s", until(st.Started, zone), st.Version))
	_, err := io.WriteString(w, b.String())
	return err
}

const dryRun = "the bot decides and notifies, but changes nothing"

func printHolding(w io.Writer, st admin.Status, zone *time.Location) error {
	lines := holding(st, zone)
	if len(lines) == 0 {
		lines = []string{"no pause and no override: the bot decides by itself"}
	}
	if st.DryRun {
		lines = append(lines, "dry run: "+dryRun)
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func limitsText(o decide.LimitsOverride, st admin.Status, zone *time.Location) string {
	from := ""
	if o.From.After(st.Time) {
		from = " from " + until(o.From, zone)
	}
	return fmt.Sprintf("%s set limits of %d to %s%s until %s", cmp.Or(o.By, "somebody"), o.Min,
		words.Unit(st.Unit).Of(o.Max), from, until(o.Until, zone))
}

func holding(st admin.Status, zone *time.Location) []string {
	var lines []string
	for _, p := range []struct {
		direction bot.Direction
		decide.Pause
	}{{bot.Up, st.Control.Up}, {bot.Down, st.Control.Down}} {
		what := "scaling " + string(p.direction) + " is paused "
		switch {
		case slices.Contains(st.PausedBySettings, p.direction):
			lines = append(lines, what+"by the setting PAUSED")
		case p.On && p.Until.IsZero():
			lines = append(lines, what+"until you resume it")
		case p.On:
			lines = append(lines, what+"until "+until(p.Until, zone))
		}
	}
	if o := st.Control.Override; !o.Until.IsZero() {
		lines = append(lines, fmt.Sprintf("%s set an override of %s until %s", cmp.Or(o.By, "somebody"),
			words.Unit(st.Unit).Of(o.Dynos), until(o.Until, zone)))
	}
	for _, o := range st.Control.Limits {
		lines = append(lines, limitsText(o, st, zone))
	}
	return lines
}
