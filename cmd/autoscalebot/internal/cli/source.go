package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A source is the past that the command line names, and what it says of the app.
type source struct {
	when                                     span
	file, slotsText, serviceText, bound0, s0 string

	known experiment.App
	bound time.Duration // 0 for the recorded one
	seed  uint64
}

func newSource() *source { return &source{when: span{since: "30d"}, s0: "1"} }

func (src *source) flags(cmd *cobra.Command) {
	src.when.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&src.file, "from-file", "",
		"a `FILE` that autoscalebot export --format jsonl wrote, instead of the history")
	flags.StringVar(&src.slotsText, "slots", "",
		"the `N`umber of requests that a dyno works on at once; fitted, if not said")
	flags.StringVar(&src.serviceText, "service-ms", "",
		"`MILLISECONDS` that an answer takes on average once it is worked on; fitted, if not said")
	flags.StringVar(&src.bound0, "bound-ms", "",
		"the longest right response time in `MILLISECONDS`; the recorded MAX_RESPONSE_TIME_IN_MS, if not said")
	flags.StringVar(&src.s0, "seed", src.s0, "a `N`umber that makes chance")
}

// check reads what the command line says of the app.
func (src *source) check(m *mistakes) {
	if src.slotsText != "" {
		src.known.Slots = int(m.whole("--slots", src.slotsText, 1, 1000))
	}
	if src.serviceText != "" {
		src.known.Seconds = m.millis("--service-ms", src.serviceText, time.Minute).Seconds()
	}
	if src.bound0 != "" {
		src.bound = m.millis("--bound-ms", src.bound0, 30*time.Second)
	}
	src.seed = m.whole("--seed", src.s0, 0, math.MaxInt64)
}

// read reads the record, and the settings that it was recorded with and that are tried. Its error tells all mistakes.
func (src *source) read(cmd *cobra.Command, m *mistakes, args []string) (pastTime, error) {
	src.check(m)
	// to tell all mistakes before a long read
	before, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos}, args)
	m.settings(err)
	zone := time.UTC
	if before != nil {
		zone = before.TimeZone.Location
	}
	from, to, err := src.when.times(time.Now(), zone)
	m.note("--since", err)
	if len(m.problems) > 0 {
		return pastTime{}, m.problems
	}
	p := pastTime{record: &experiment.Record{}}
	if err := src.fill(cmd, p.record, from, to, before.Timeout()); err != nil {
		return p, err
	}
	p.record.Trim()
	if len(p.record.Beats) == 0 {
		return p, errors.New("the record has no heartbeat of that time; is --since right, and HISTORY the " +
			"running bot's?")
	}
	return p, p.load(args)
}

// fill reads the file, or else the history.
func (src *source) fill(
	cmd *cobra.Command, r *experiment.Record, from, to time.Time, timeout time.Duration,
) (err error) {
	ctx, what := cmd.Context(), "read the history"
	if src.file != "" {
		what = "read " + src.file
		err = readFile(ctx, src.file, r, from, to)
	} else {
		var db *history.DB
		if db, _, err = openPast(cmd, false); err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		err = r.ReadHistory(ctx, db, from, to, time.Now(), timeout)
	}
	if errors.Is(err, experiment.ErrTooMany) {
		err = fmt.Errorf("%w; say a shorter time with --since and --until", err)
	}
	if err != nil {
		return interrupted(ctx, fmt.Errorf("%s: %w", what, err))
	}
	return nil
}

// readFile takes the records of a file, from a time to another.
func readFile(ctx context.Context, path string, r *experiment.Record, from, to time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.ReadAll(ctx, readRecords(f), from, to)
}

// load reads the settings that were recorded, and those that are tried. The record wins over the environment, which may
// be another machine's.
func (p *pastTime) load(args []string) error {
	args = settings.MainNames(args)
	recorded := p.record.Settings()
	l := p.record.Last.Limits
	below := []string{fmt.Sprintf("MIN_DYNOS=%d", min(l.Min, l.Max)), fmt.Sprintf("MAX_DYNOS=%d", max(l.Min, l.Max, 1))}
	var m mistakes
	s, err := settings.LoadTrial(below, recorded)
	m.settings(err)
	p.base = trial{s: s}
	s, err = settings.LoadTrial(below, append(recorded, args...))
	m.settings(err)
	p.other = trial{s: s}
	if len(m.problems) > 0 {
		return m.problems
	}
	p.schedule = experiment.Mixed{
		Record: p.record, Tried: s.Table, Min: names(args, "MIN_DYNOS"),
		Max: names(args, "MAX_DYNOS"),
	}
	return nil
}

// names says whether NAME=value arguments name a setting.
func names(args []string, name string) bool {
	for _, a := range args {
		if n, _, _ := strings.Cut(strings.TrimPrefix(a, settings.Prefix), "="); n == name {
			return true
		}
	}
	return false
}

// A past time is what is known of it: the record, the settings that it was recorded with, and those that are tried.
type pastTime struct {
	record      *experiment.Record
	base, other trial
	// schedule is that of the settings that are tried.
	schedule experiment.Mixed
	options  sim.Options
}

// learn reads the record and fits the model. The backtest has the result at the recorded dynos.
func (src *source) learn(cmd *cobra.Command, m *mistakes, args []string) (experiment.Backtest, pastTime, error) {
	p, err := src.read(cmd, m, args)
	if err != nil {
		return experiment.Backtest{}, p, err
	}
	b, err := src.fit(cmd, &p)
	return b, p, err
}

// fit fits the model to the record.
func (src *source) fit(cmd *cobra.Command, p *pastTime) (experiment.Backtest, error) {
	tell, end := progress(cmd.ErrOrStderr(), "fitting a model to the record")
	if tell != nil {
		tell(0)
	}
	model, err := experiment.Learn(cmd.Context(), p.record, src.known, p.base.s.Timeout())
	end()
	if err != nil {
		return experiment.Backtest{}, interrupted(cmd.Context(), err)
	}
	low, high := float64(p.base.s.MinResponseTime), float64(p.base.s.MaxResponseTime)
	p.options = model.Options()
	p.options.Bound, p.options.Price, p.options.Seed = cmp.Or(src.bound, model.Bound(high)), p.price(), src.seed
	length := model.Demand().Length()
	for _, l := range []trial{p.base, p.other} {
		limits := l.limits(p.options.Start, length)
		p.options.Limits.Min, p.options.Limits.Max = min(p.options.Limits.Min, limits.Min),
			max(p.options.Limits.Max, limits.Max)
	}
	b, err := model.Backtest(cmd.Context(), p.options, low, high)
	b.Given, b.Zone = src.known, p.base.s.TimeZone.Location
	return b, interrupted(cmd.Context(), err)
}

// price is what a dyno costs a month: as the settings say, or the record.
func (p pastTime) price() float64 {
	if price := float64(p.other.s.DynoPrice); price > 0 {
		return price
	}
	return p.record.Price
}

// driver makes a driver of settings that are laid over those that were recorded and over args.
func (p pastTime) driver(args []string) func(pairs []string) (sim.Driver, error) {
	return func(pairs []string) (sim.Driver, error) {
		q := p
		if err := q.load(slices.Concat(args, pairs)); err != nil {
			return sim.Driver{}, err
		}
		return q.other.bot("tried", nil, q.schedule), nil
	}
}
