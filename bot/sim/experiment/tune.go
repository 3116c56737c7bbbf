package experiment

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

const (
	// Limits the work for each setting: a few seconds of a processor to learn from, twice that to judge by.
	tuneWork = 40e6
	// Limits the work of finding rows of the schedule: half a minute of a processor.
	rowWork = 300e6
	// The longest time between two heartbeats that counts: some of the tried settings have more heartbeats than the
	// present one.
	tuneBeat = 10 * time.Second
)

// TuneCut cuts a simulation for [Search.Tune]. beat is the time between two heartbeats. whole uses all of the demand,
// however long that takes.
func TuneCut(o sim.Options, beat time.Duration, whole bool) (Cut, error) {
	return split(o, min(beat, tuneBeat), tuneWork, 2*tuneWork, whole)
}

// Candidates returns settings with the values to try. bound is the threshold, and slowMinute the price of a slow
// minute.
func Candidates(bound time.Duration, slowMinute float64) []Dimension {
	ms := func(shares ...float64) (out []string) {
		for _, s := range shares {
			out = append(out, fmt.Sprintf("%.0f", s*float64(bound.Milliseconds())))
		}
		return out
	}
	aims := []string{"lean", "balanced", "safe"}
	if slowMinute > 0 {
		aims = append(aims, strconv.FormatFloat(slowMinute, 'f', -1, 64))
	}
	return []Dimension{
		{Name: "INCREMENT_UP", Values: []string{"2", "3", "5", "50%", "100%"}},
		{Name: "INCREMENT_DOWN", Values: []string{"1", "2", "25%"}},
		{Name: "MAX_RESPONSE_TIME_IN_MS", Values: ms(0.25, 0.4, 0.6, 1)},
		{Name: "MIN_RESPONSE_TIME_IN_MS", Values: ms(0.1, 0.15, 0.2, 0.25)},
		{Name: "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER", Values: []string{"1", "2", "3", "2/4"}},
		{Name: "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER", Values: []string{"5", "10", "20", "36"}},
		{Name: "COOLDOWN_DOWN_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "STABILIZATION_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "HEARTBEAT_INTERVAL_IN_SECONDS", Values: []string{"5", "10", "30"}},
		{Name: "POLICY", Values: []string{"count", "adaptive"}},
		{Name: "AIM", Values: aims},
	}
}

// Minimums returns values of MIN_DYNOS to try: one or two dynos more than least at all times, or as rows of the
// schedule for slow hours. Rows are learned from as many days as there are. beat is the time between two heartbeats.
func (s Search) Minimums(
	ctx context.Context, o sim.Options, beat time.Duration, zone *time.Location, least int,
) (Dimension, error) {
	values := []string{strconv.Itoa(least + 1), strconv.Itoa(least + 2)}
	long, err := Split(o, beat, rowWork, 0)
	if err != nil {
		return Dimension{}, err
	}
	_, learned, err := s.Score(ctx, long.Learn, nil)
	if err != nil {
		return Dimension{}, err
	}
	rows := Rows(long.Learn.Start, zone, learned, least)
	for _, row := range rows {
		for _, v := range row.Variants() {
			values = append(values, Table(least, []Row{v}))
		}
	}
	if len(rows) > 1 {
		values = append(values, Table(least, rows))
	}
	return Dimension{Name: "MIN_DYNOS", Values: values}, nil
}

// Tune searches for the lowest cost in the part to learn from, and judges the result by the other part.
func (s Search) Tune(ctx context.Context, cut Cut, dims []Dimension) (Tuned, error) {
	out := Tuned{
		Price: s.Price, SlowMinute: s.SlowMinute, Hours: cut.Of.Hours(),
		LeftOut: cut.Left().Hours(), Trials: s.Trials,
	}
	var err error
	out.Settings, out.Learned, err = s.Best(ctx, cut.Learn, dims)
	for _, one := range []struct {
		score *Score
		on    sim.Options
		pairs []string
	}{{&out.Was, cut.Learn, nil}, {&out.WasLater, cut.Judge, nil}, {&out.Later, cut.Judge, out.Settings}} {
		if err == nil {
			*one.score, _, err = s.Score(ctx, one.on, one.pairs)
		}
	}
	out.Better = out.Later.Cost < out.WasLater.Cost
	return out, err
}

// Tuned is the result of a search.
type Tuned struct {
	Settings []string `json:"settings"`
	Was      Score    `json:"learned_from_before"`
	Learned  Score    `json:"learned_from_after"`
	WasLater Score    `json:"judged_by_before"`
	Later    Score    `json:"judged_by_after"`
	// Better: the settings cost less in the part that was not learned from.
	Better     bool    `json:"better"`
	Price      float64 `json:"price_per_month"`
	SlowMinute float64 `json:"slow_minute_price"`
	// Hours is the length of the load, and LeftOut the part of it that was left out.
	Hours   float64 `json:"hours"`
	LeftOut float64 `json:"hours_left_out"`
	// Trials is the number of settings tried.
	Trials int `json:"-"`
}

// Text writes the result for a terminal.
func (t Tuned) Text(w io.Writer) error {
	fmt.Fprintf(w, "%d settings were tried. A dyno costs %s a month, and a slow minute counts as %s.\n\n", t.Trials,
		Money(t.Price), Money(t.SlowMinute))
	fmt.Fprintf(w, "learned from, present:  %v\nlearned from, found:    %v\n", t.Was, t.Learned)
	fmt.Fprintf(w, "judged by, present:     %v\njudged by, found:       %v\n\n", t.WasLater, t.Later)
	var err error
	switch {
	case len(t.Settings) == 0:
		_, err = fmt.Fprintln(w, "None of the settings tried is better than the present ones.")
	case !t.Better:
		_, err = fmt.Fprintf(w, "The settings found are not better in the part to judge by, so keep the present ones. "+
			"They were:\n%s", Paste(t.Settings))
	default:
		_, err = fmt.Fprintf(w, "Settings to paste:\n%s", Paste(t.Settings))
	}
	return err
}
