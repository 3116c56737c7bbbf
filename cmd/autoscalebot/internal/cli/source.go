package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// mostBeats bounds what is read of a history.
const mostBeats = 5_000_000

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
	flags.StringVar(&src.file, "from-file", "", "a `FILE` that autoscalebot export --format jsonl wrote, instead of the history")
	flags.StringVar(&src.slotsText, "slots", "", "the `N`umber of requests that a dyno works on at once; fitted, if not said")
	flags.StringVar(&src.serviceText, "service-ms", "", "`MILLISECONDS` that an answer takes on average once it is worked on; fitted, if not said")
	flags.StringVar(&src.bound0, "bound-ms", "", "the longest right response time in `MILLISECONDS`; the recorded MAX_RESPONSE_TIME_IN_MS, if not said")
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
	before, _, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos}, args) // to tell all mistakes before a long read
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
	if src.file != "" {
		err = interruptedRead(cmd.Context(), "read "+src.file, readFile(cmd.Context(), src.file, p.record, from, to))
	} else {
		err = readPast(cmd, p.record, from, to, before.Timeout())
	}
	if err != nil {
		return p, err
	}
	p.record.Trim()
	if len(p.record.Beats) == 0 {
		return p, errors.New("the record has no heartbeat of that time; is --since right, and HISTORY the running bot's?")
	}
	return p, p.load(args)
}

// load reads the settings that were recorded, and those that are tried. The record wins over the environment, which may be another
// machine's.
func (p *pastTime) load(args []string) error {
	recorded := settingsOf(p.record)
	l := p.record.Last.Limits
	below := []string{fmt.Sprintf("MIN_DYNOS=%d", min(l.Min, l.Max)), fmt.Sprintf("MAX_DYNOS=%d", max(l.Min, l.Max, 1))}
	var m mistakes
	s, given, err := settings.LoadTrial(below, recorded)
	m.settings(err)
	p.base = trial{s: s, given: given}
	s, given, err = settings.LoadTrial(below, append(recorded, args...))
	m.settings(err)
	p.other = trial{s: s, given: given}
	if len(m.problems) > 0 {
		return m.problems
	}
	p.schedule = mixed{p.record, s.Table, names(args, "MIN_DYNOS"), names(args, "MAX_DYNOS")}
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

// mixed is a schedule of recorded limits, but for those that are tried.
type mixed struct {
	record   *experiment.Record
	table    schedule.Table
	min, max bool
}

// At returns the limits at a time.
func (s mixed) At(now time.Time) schedule.Limits {
	l, tried := s.record.At(now), s.table.At(now)
	if s.max {
		l.Max = max(tried.Max, 1)
		l.Min = min(l.Min, l.Max)
	}
	if s.min {
		l.Min = tried.Min
		l.Max = max(l.Min, l.Max)
	}
	return l
}

// Rows returns no rows: what was recorded are numbers.
func (s mixed) Rows(time.Time) (minRow, maxRow string) { return "", "" }

// readFile takes the records of a file, from a time to another.
func readFile(ctx context.Context, path string, r *experiment.Record, from, to time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	n := 0
	for rec, err := range readRecords(io.Reader(f)) {
		if err == nil {
			err = ctx.Err()
		}
		if n++; err == nil && n > mostBeats {
			err = tooMany()
		}
		if err != nil {
			return err
		}
		if !rec.Time.Before(from) && rec.Time.Before(to) {
			r.Add(rec)
		}
	}
	return nil
}

func tooMany() error {
	return fmt.Errorf("there are more than %d heartbeats; say a shorter time with --since and --until", mostBeats)
}

// readPast takes the history: of old times the minutes' summaries, and of the days for which every heartbeat is kept those.
func readPast(cmd *cobra.Command, r *experiment.Record, from, to time.Time, timeout time.Duration) (err error) {
	db, _, err := openPast(cmd, false)
	if err != nil {
		return err
	}
	defer closePast(cmd, db, &err)
	ctx := cmd.Context()
	full := time.Now().Add(-db.Keep().Raw).Add(time.Hour).Truncate(time.Minute) // some of the first may be gone already
	if from.Before(full) {
		err = db.EachPoint(ctx, from, earlier(full, to), time.Minute, func(p history.Point) error {
			r.AddMinute(p, float64(timeout.Milliseconds()))
			if len(r.Beats) > mostBeats {
				return tooMany()
			}
			return nil
		})
		from = full
	}
	if err == nil && from.Before(to) {
		err = db.Each(ctx, from, to, func(rec record.Record) error {
			r.Add(rec)
			if len(r.Beats) > mostBeats {
				return tooMany()
			}
			return nil
		})
	}
	return interruptedRead(ctx, "read the history", err)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
