package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// An output is where a report goes to.
type output struct {
	json bool
	out  string
}

func (o *output) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&o.out, "out", "", "also draw it into a `FILE` that ends in .html, .svg or .png")
}

// check says before the work whether its report can be written.
func (o output) check(m *mistakes) {
	if o.out == "" {
		return
	}
	switch filepath.Ext(o.out) {
	case ".html", ".svg", ".png":
	default:
		m.add("--out", "%q: write a file that ends in .html, .svg or .png", o.out)
		return
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err != nil || !info.IsDir() {
		m.add("--out", "%q: there is no folder %s", o.out, filepath.Dir(o.out))
	}
}

func newSimulate() *cobra.Command {
	sc, out, policy, routerLogs := newScenario(), output{}, "", false
	cmd := &cobra.Command{
		Use:   "simulate --trace FILE|--shape NAME [NAME=value ...]",
		Short: "Simulate what the settings, or another policy, would do under a load",
		Long: `Runs the very bot on a simulated app, on virtual time, under a recorded load (--trace, a CSV of unix_time,requests) or a made-up one
(--shape), and says how many minutes were slow and what the dynos cost, against perfect knowledge. Settings come from the environment and
from NAME=value arguments, as in INCREMENT=2; where MAX_DYNOS is not set, it is ` + mostDynos + `. Nothing is asked and nobody is told, and no key is needed.

--policy compares: ` + strings.Join(policyNames(), ", ") + `.
Shapes: ` + shapeHelp() + `.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		t := m.trial(args)
		t.routerLogs = routerLogs
		o := sc.options(&m, t)
		drivers := m.drivers(cmp.Or(policy, t.policy()), t, o)
		out.check(&m)
		if len(m.problems) == 0 {
			m.note("autoscalebot simulate", experiment.Check(o, drivers[0]))
		}
		if len(m.problems) > 0 {
			return m.problems
		}
		results, err := runAll(cmd, o, drivers, "simulating")
		if err != nil {
			return err
		}
		return out.write(cmd.OutOrStdout(), experiment.Report{
			Demand: sc.name(), Peak: o.Peak, Start: o.Start, Zone: t.s.TimeZone.Location, Fleet: o.Fleet, Bound: o.Bound, Limits: o.Limits,
			Price: o.Price, Results: results,
		})
	}
	sc.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "`NAMES` of policies, with commas between, or all; that of the settings, if not said")
	cmd.Flags().BoolVar(&routerLogs, "router-logs", false, "let the adaptive policies read the router's log lines too, as with a log drain")
	out.flags(cmd)
	return cmd
}

// runAll simulates all drivers, and tells how far it is where somebody watches.
func runAll(cmd *cobra.Command, o sim.Options, drivers []sim.Driver, what string) ([]sim.Result, error) {
	tell, end := progress(cmd.ErrOrStderr(), what)
	defer end()
	results, err := experiment.Run(cmd.Context(), o, drivers, tell)
	return results, interrupted(cmd.Context(), err)
}

// interrupted is err, in other words where it comes of Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted, so there is no report")
	}
	return err
}

// write prints the report, and draws it where that is asked for.
func (o output) write(w io.Writer, r experiment.Report) error {
	if o.out != "" {
		if err := writeWhole(o.out, func(f io.Writer) error { return r.Draw(f, filepath.Ext(o.out)) }); err != nil {
			return err
		}
	}
	if o.json {
		return r.JSON(w)
	}
	return r.Text(w)
}

// writeWhole writes a file as a whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer os.Remove(f.Name()) // which is gone after the rename
	defer f.Close()
	out := bufio.NewWriter(f)
	if err := errors.Join(write(out), out.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return os.Rename(f.Name(), path)
}

// A trial is the settings that are simulated.
type trial struct {
	s     *settings.Settings
	given func(name string) bool
	// routerLogs lets the adaptive policies read the simulated router's log beside the heartbeats.
	routerLogs bool
}

// limits are the least and the greatest number of dynos that the schedule allows within so long from start.
func (t trial) limits(start time.Time, length time.Duration) schedule.Limits {
	all := t.s.Table.At(start)
	for at, end := start, start.Add(length); ; {
		next, l, ok := t.s.Table.Next(at)
		if !ok || next.After(end) {
			return all
		}
		all.Min, all.Max, at = min(all.Min, l.Min), max(all.Max, l.Max), next
	}
}

// bot makes the bot of the settings as it is run, but for an app that is simulated, with another policy than theirs where that is not
// nil. A nil schedule is that of the settings.
func (t trial) bot(name string, as *ownPolicy, sched bot.Schedule, recorders ...record.Recorder) sim.Driver {
	o := service.Options(t.s, service.Parts{}, nil, service.NewHost(t.s, io.Discard, io.Discard))
	o.Control, o.Log, o.Recorders = nil, nil, recorders
	if sched != nil {
		o.Schedule = sched
	}
	if as != nil {
		o.Policy.Adaptive = as.adaptive
	}
	return sim.BotIn(name, o.Interval, func(w *sim.World) *bot.Bot {
		inWorld := o
		inWorld.Scaler, inWorld.Probers = w, heartbeats(w, t.s)
		if t.routerLogs && o.Policy.Adaptive != nil {
			inWorld.Probers = append(inWorld.Probers, w.RouterLog()...)
		}
		inWorld.Prompt = true
		return bot.New(inWorld)
	})
}
