package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const (
	mostDecisions   = 100_000 // in memory at once
	aroundDecisions = 11      // half of them before the moment
)

// A rule decides, and a safeguard changes what it desired.
func ruleNames() []string {
	names := []string{
		decide.ClampSchedule, decide.ClampIneffective, decide.ClampStabilization,
		decide.ClampCooldown, decide.ClampHold,
		decide.ClampPause, decide.ClampBudget, decide.ClampDeploy, decide.ClampSize, decide.ClampUnsettled,
	}
	for _, r := range []decide.Rule{
		decide.RuleOffline, decide.RuleUnknown, decide.RuleOverride, decide.RuleLeftAlone, decide.RuleLimits,
		decide.RuleIneffective, decide.RuleSlow, decide.RuleFast, decide.RuleMoreLoad, decide.RuleLessLoad,
		decide.RuleAbove, decide.RuleBelow, decide.RuleBreach, decide.RuleBooting, decide.RuleNoData,
		decide.RuleMaintenance, decide.RuleHold,
	} {
		names = append(names, string(r))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The times of the flags in the settings' zone; at is zero without --at. The error has all mistakes.
func (q *whyQuery) times() (at, from, to time.Time, s *settings.Settings, err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return at, from, to, nil, err
	}
	now, zone := time.Now(), s.TimeZone.Location
	var m mistakes
	if q.at != "" {
		at = m.pastMoment("--at", q.at, now, zone)
	}
	if q.since != "" {
		from = m.moment("--since", q.since, now, zone)
	}
	if q.until != "" {
		to = m.moment("--until", q.until, now, zone)
	}
	if len(m.problems) == 0 && q.since != "" && !from.Before(cmp.Or(to, now)) {
		m.add("--since, --until", "%s is not before %s", q.since, cmp.Or(q.until, "now"))
	}
	if len(m.problems) > 0 {
		return at, from, to, nil, m.problems
	}
	return at, from, to, s, nil
}

// Decisions are those of a history.
type decisions struct {
	admin.Client
	changed bool
	rule    string // empty for all
}

// A history that is stored is read directly; else the bot is asked.
func openDecisions(cmd *cobra.Command, s *settings.Settings) (d decisions, end func(), err error) {
	if s.AdminAddr == "" {
		if db := storedHistory(cmd, s); db != nil {
			end = func() { _ = db.Close(context.WithoutCancel(cmd.Context())) } // no write is pending
			return decisions{Client: admin.Client{History: db}}, end, nil
		}
	}
	c, _, end, err := asking(cmd)
	return decisions{Client: c}, end, err
}

// It is nil if the history is in the bot's memory, or cannot be read.
func storedHistory(cmd *cobra.Command, s *settings.Settings) *history.DB {
	url, _ := s.HistoryURL()
	path, isFile := strings.CutPrefix(url, "sqlite:")
	if url == "" || url == history.Memory || isFile && !isThere(path) {
		return nil
	}
	db, err := service.OpenHistory(cmd.Context(), s,
		service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
	if err != nil {
		return nil
	}
	return db
}

func (d decisions) wanted(r record.Record) bool {
	return d.rule == "" || string(r.Decision.Rule) == d.rule ||
		slices.ContainsFunc(r.Decision.Clamps, func(c decide.Clamp) bool { return c.By == d.rule })
}

// do receives the decisions in [from, to), the oldest or the newest first, until it returns false. A zero time
// means no bound.
func (d decisions) each(ctx context.Context, from, to time.Time, oldest bool, do func(record.Record) bool) error {
	for {
		page, _, err := d.Past(ctx, history.Query{
			From: from, To: to, Changed: d.changed, Oldest: oldest, Limit: admin.Kept,
		})
		if err != nil {
			return err
		}
		if !oldest {
			slices.Reverse(page)
		}
		for _, r := range page {
			if d.wanted(r) && !do(r) {
				return nil
			}
		}
		if len(page) < admin.Kept {
			return nil
		}
		if last := page[len(page)-1].Time; oldest {
			from = last.Add(1)
		} else {
			to = last
		}
	}
}

// The result is in the order of time.
func (d decisions) some(ctx context.Context, from, to time.Time, oldest bool, n int) (out []record.Record, err error) {
	err = d.each(ctx, from, to, oldest, func(r record.Record) bool {
		out = append(out, r)
		return len(out) < n
	})
	if !oldest {
		slices.Reverse(out)
	}
	return out, err
}

func (d decisions) reach(ctx context.Context) (history.Reach, error) {
	_, reach, err := d.Past(ctx, history.Query{Limit: 1})
	if err == nil && reach.First.IsZero() {
		err = errors.New("the history is empty")
	}
	return reach, err
}

// n is 0 for all. Notes about what the history does not have are for people.
func (d decisions) during(ctx context.Context, from, to time.Time, n int, out *decisionWriter, notes io.Writer) error {
	reach, err := d.reach(ctx)
	if err != nil {
		return err
	}
	if !from.IsZero() && from.Before(reach.First) {
		fmt.Fprintf(notes, "The history begins at %s.\n", until(reach.First, out.zone))
	}
	if !d.changed && !from.IsZero() && from.Before(reach.All) {
		fmt.Fprintf(notes, "Before %s only decisions that changed something are left.\n", until(reach.All, out.zone))
	}
	var some []record.Record
	if n > 0 {
		if some, err = d.some(ctx, from, to, false, n); err == nil {
			err = out.all(some)
		}
	} else {
		var werr error
		err = d.each(ctx, from, to, true, func(r record.Record) bool {
			werr = out.one(r)
			return werr == nil
		})
		err = errors.Join(err, werr)
	}
	if err == nil && !out.written {
		fmt.Fprintln(notes, "There are no such decisions.")
	}
	return err
}

// The decision in force at a moment is the newest one before it.
func (d decisions) around(ctx context.Context, at time.Time, n int, out *decisionWriter, notes io.Writer) error {
	reach, err := d.reach(ctx)
	if err != nil {
		return err
	}
	before, err := d.some(ctx, time.Time{}, at.Add(1), false, n/2+1)
	if err != nil {
		return err
	}
	if len(before) == 0 {
		return fmt.Errorf("the history has no such decision at or before %s. It begins at %s", until(at, out.zone),
			until(reach.First, out.zone))
	}
	after, err := d.some(ctx, at.Add(1), time.Time{}, true, max(1, n-n/2-1))
	if err != nil {
		return err
	}
	change, err := decisions{Client: d.Client, changed: true}.some(ctx, time.Time{}, before[0].Time, false, 1)
	if err != nil {
		return err
	}
	if d.changed || d.rule != "" || slices.ContainsFunc(before, history.Changed) {
		change = nil
	}
	for _, text := range d.gaps(at, reach, before, after, out.zone) {
		fmt.Fprintln(notes, text)
	}
	return out.around(at, change, before, after)
}

const manyHeartbeats = 5

// Sentences about what the history does not have of the time around a moment.
func (d decisions) gaps(
	at time.Time, reach history.Reach, before, after []record.Record, zone *time.Location,
) (notes []string) {
	if d.changed || d.rule != "" {
		return nil
	}
	if at.Before(reach.All) {
		step := "minute"
		if at.Before(reach.Minutes) {
			step = "hour"
		}
		return []string{fmt.Sprintf("Of %s only decisions that changed something are left, and a summary of each %s. "+
			"Every decision is kept since %s.", until(at, zone), step, until(reach.All, zone))}
	}
	last, next := before[len(before)-1].Time, time.Now()
	if len(after) > 0 {
		next = after[0].Time
	}
	usual := usualDistance(before, after)
	if gap := next.Sub(last); usual > 0 && gap > manyHeartbeats*usual && at.Sub(last) > manyHeartbeats*usual {
		return []string{fmt.Sprintf("There is no decision from %s to %s: the bot did not run, or could not write "+
			"its history.", until(last, zone), until(next, zone))}
	}
	return nil
}

// The median of the times between decisions, 0 without any.
func usualDistance(before, after []record.Record) time.Duration {
	var all []time.Duration
	for _, some := range [][]record.Record{before, after} {
		for i := 1; i < len(some); i++ {
			all = append(all, some[i].Time.Sub(some[i-1].Time))
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
