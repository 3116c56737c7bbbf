package cli

import (
	"cmp"
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

// A source has the flags that select the past, and those that describe the app.
type source struct {
	period                                   span
	file, slotsText, serviceText, bound0, s0 string

	known experiment.App
	bound time.Duration // 0 for the recorded threshold
	seed  uint64
}

func newSource() *source { return &source{period: span{since: "30d"}, s0: "1"} }

func (src *source) flags(cmd *cobra.Command) {
	src.period.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&src.file, "from-file", "",
		"read this `file` of autoscalebot export instead of the history")
	flags.StringVar(&src.slotsText, "slots", "",
		"`number` of requests that a dyno processes at once (default: fitted)")
	flags.StringVar(&src.serviceText, "service-ms", "",
		"mean processing time of a request, in `milliseconds` (default: fitted)")
	flags.StringVar(&src.bound0, "bound-ms", "",
		"response time above which a request is slow, in `milliseconds` (default: the recorded threshold)")
	flags.StringVar(&src.s0, "seed", src.s0, "`number` that seeds the random numbers")
}

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

// An error lists all mistakes at once.
func (src *source) read(cmd *cobra.Command, m *mistakes, args []string) (pastTime, error) {
	src.check(m)
	// report mistakes before a long read
	before, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos}, args)
	m.settings(err)
	zone := time.UTC
	if before != nil {
		zone = before.TimeZone.Location
	}
	from, to, err := src.period.times(time.Now(), zone)
	m.settings(err)
	if len(m.problems) > 0 {
		return pastTime{}, m.problems
	}
	p := pastTime{record: &experiment.Record{}}
	if err := src.fill(cmd, p.record, from, to, before.Timeout()); err != nil {
		return p, err
	}
	p.record.Trim()
	if len(p.record.Beats) == 0 {
		return p, errors.New("no heartbeats are recorded in this period. Check --since and --until, and use the " +
			"HISTORY of " +
			"the running bot")
	}
	return p, p.load(args)
}

func (src *source) fill(
	cmd *cobra.Command, r *experiment.Record, from, to time.Time, timeout time.Duration,
) (err error) {
	ctx, what := cmd.Context(), "read the history"
	if src.file != "" {
		what = "read " + src.file
		err = readFile(cmd, src.file, r, from, to)
	} else {
		var db *history.DB
		if db, _, err = openPast(cmd, false); err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		tell, end := progress(cmd.ErrOrStderr(), "reading the history")
		err = r.ReadHistory(ctx, db, from, to, time.Now(), timeout, through(tell, to))
		end()
	}
	if errors.Is(err, experiment.ErrTooMany) {
		err = fmt.Errorf("%w. Choose a shorter period with --since and --until", err)
	}
	if err != nil {
		return interrupted(ctx, fmt.Errorf("%s: %w", what, err))
	}
	return nil
}

func readFile(cmd *cobra.Command, path string, r *experiment.Record, from, to time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in, end := watched(cmd.ErrOrStderr(), "reading "+path, f)
	defer end()
	return r.ReadAll(cmd.Context(), readRecords(in), from, to)
}

// The recorded settings take precedence over the environment, which may be another machine's.
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

func names(args []string, name string) bool {
	for _, a := range args {
		if n, _, _ := strings.Cut(strings.TrimPrefix(a, settings.Prefix), "="); n == name {
			return true
		}
	}
	return false
}

// A pastTime is a recorded period with its settings.
type pastTime struct {
	record *experiment.Record
	base   trial // the recorded settings
	other  trial // the settings to try
	// schedule is that of other.
	schedule experiment.Mixed
	options  sim.Options
}

// The backtest has the result of the recorded dynos.
func (src *source) learn(cmd *cobra.Command, m *mistakes, args []string) (experiment.Backtest, pastTime, error) {
	p, err := src.read(cmd, m, args)
	if err != nil {
		return experiment.Backtest{}, p, err
	}
	b, err := src.fit(cmd, &p)
	return b, p, err
}

func (src *source) fit(cmd *cobra.Command, p *pastTime) (experiment.Backtest, error) {
	tell, end := progress(cmd.ErrOrStderr(), "fitting a model to the record")
	model, err := experiment.Learn(cmd.Context(), p.record, src.known, p.base.s.Timeout(), tell)
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

// The price is in dollars a month, from the settings or else from the record.
func (p pastTime) price() float64 {
	if price := float64(p.other.s.DynoPrice); price > 0 {
		return price
	}
	return p.record.Price
}

// The pairs take precedence over args, and args over the recorded settings.
func (p pastTime) driver(args []string) func(pairs []string) (sim.Driver, error) {
	return func(pairs []string) (sim.Driver, error) {
		q := p
		if err := q.load(slices.Concat(args, pairs)); err != nil {
			return sim.Driver{}, err
		}
		return q.other.bot("tried", nil, q.schedule), nil
	}
}
