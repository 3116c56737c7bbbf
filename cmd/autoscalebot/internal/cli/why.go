package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

const lastDecisions = 20

func newWhy() *cobra.Command {
	q := &whyQuery{}
	cmd := &cobra.Command{
		Use:   "why",
		Short: "Explain the last decisions, or those of an earlier time",
		Long: `Print decisions with their reasons, one a line, the oldest first. Without flags
they are the running bot's last 20. --at shows the decision in force at a
moment, those around it, and the last change before it. --since and --until
select a period. Times are in TIME_ZONE.

Earlier decisions come from the history that the settings name (HISTORY,
DATABASE_URL), also while the bot is down. If the bot keeps its history in
memory, the command asks the bot.` + asksABot,
		Example: `  autoscalebot why
  autoscalebot why --at 15:00
  autoscalebot why --at "yesterday 15:00"
  autoscalebot why --since yesterday --changes
  autoscalebot why --since 2h --rule cooldown`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := q.check(cmd.Flags().Changed("number")); err != nil {
				return err
			}
			return cobra.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return q.run(cmd) },
	}
	flags := cmd.Flags()
	flags.IntVarP(&q.n, "number", "n", 0, "`number` of decisions (default 20, and with --since all)")
	flags.StringVar(&q.at, "at", "",
		"explain the decision in force at this `time`, such as 15:00, \"yesterday 15:00\" or \"fri 9:00\"")
	flags.StringVar(&q.since, "since", "", "print all decisions since this `time`, such as 2h, yesterday or 2026-11-29")
	flags.StringVar(&q.until, "until", "", "end of the period, a `time` in the same form (default: now)")
	flags.BoolVar(&q.changes, "changes", false,
		"print only decisions that changed something, failed to, or found a manual change")
	flags.StringVar(&q.rule, "rule", "", "print only decisions of this rule or safeguard, a `name` such as cooldown")
	flags.BoolVar(&q.asJSON, "json", false, "print JSON lines with all fields of the records")
	return cmd
}

type whyQuery struct {
	span
	n       int // 0 for the default
	at      string
	changes bool
	rule    string
	asJSON  bool
}

func (q *whyQuery) check(counted bool) error {
	var m mistakes
	if counted && (q.n < 1 || q.n > mostDecisions) {
		m.add("--number", "%d: must be a number from 1 to %d", q.n, mostDecisions)
	}
	if q.at != "" && (q.since != "" || q.until != "") {
		m.add("--at", "cannot be combined with --since and --until")
	}
	if q.rule != "" {
		q.rule = strings.ToLower(q.rule)
		if names := ruleNames(); !slices.Contains(names, q.rule) {
			m.add("--rule", "unknown rule %.40q; the nearest is %q. The rules are %s", q.rule,
				spelling.Nearest(q.rule, names), strings.Join(names, ", "))
		}
	}
	if len(m.problems) > 0 {
		return m.problems
	}
	return nil
}

// Of the newest decisions alone the running bot knows most.
func (q *whyQuery) plain() bool {
	return q.at == "" && q.since == "" && q.until == "" && !q.changes && q.rule == "" && q.n <= admin.Kept
}

func (q *whyQuery) run(cmd *cobra.Command) error {
	if q.plain() {
		return q.newest(cmd)
	}
	at, from, to, s, err := q.times()
	if err != nil {
		return err
	}
	p, end, err := openDecisions(cmd, s)
	if err != nil {
		return err
	}
	defer end()
	p.changed, p.rule = q.changes, q.rule
	out := &decisionWriter{w: cmd.OutOrStdout(), zone: s.TimeZone.Location, asJSON: q.asJSON}
	if !at.IsZero() {
		return p.around(cmd.Context(), at, cmp.Or(q.n, aroundDecisions), out, cmd.ErrOrStderr())
	}
	return p.during(cmd.Context(), from, to, q.number(), out, cmd.ErrOrStderr())
}

// 0 is all.
func (q *whyQuery) number() int {
	if q.n == 0 && q.since == "" {
		return lastDecisions
	}
	return q.n
}

func (q *whyQuery) newest(cmd *cobra.Command) error {
	n := cmp.Or(q.n, lastDecisions)
	c, s, end, err := asking(cmd)
	if err != nil {
		return err
	}
	defer end()
	records, err := c.Records(cmd.Context(), n)
	if err != nil {
		db := storedHistory(cmd, s)
		if db == nil {
			return err
		}
		past := admin.Client{History: db}
		var pastErr error
		defer closePast(cmd, db, &pastErr)
		if records, pastErr = past.Records(cmd.Context(), n); pastErr != nil || len(records) == 0 {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The bot does not answer. These are the last decisions in its history, %s.\n",
			db.Place())
	}
	out := &decisionWriter{w: cmd.OutOrStdout(), zone: s.TimeZone.Location, asJSON: q.asJSON}
	if len(records) == 0 && !q.asJSON {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no heartbeat yet")
		return err
	}
	return out.all(records)
}

func (m *mistakes) pastMoment(flag, text string, now time.Time, zone *time.Location) time.Time {
	t, err := when.Reader{Now: now, Zone: zone}.Moment(text)
	switch {
	case err != nil:
		m.add(flag, "%v", err)
	case t.Day:
		m.add(flag, `%q is a day: add a time of day, as in "%[1]s 15:00", or use --since`, text)
	case t.After(now):
		m.add(flag, "%q is %s, which is in the future", text, until(t.Time, zone))
	}
	return t.Time
}

func explain(r record.Record) string { return r.Headline() + ": " + r.Why() }

func stamp(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
