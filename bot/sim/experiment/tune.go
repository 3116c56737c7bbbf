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
	// tuneWork bounds the work that each of the settings may take: a few seconds of a processor to learn from, twice
	// that to judge by.
	tuneWork = 40e6
	// rowWork bounds the work of finding rows of the schedule: half a minute of a processor.
	rowWork = 300e6
	// tuneBeat is the time between two heartbeats that is reckoned with at the most, as some of the settings have more
	// than there are.
	tuneBeat = 10 * time.Second
)

// TuneCut cuts a simulation for [Search.Tune]. beat is the time between two heartbeats. whole takes all of it, however
// long that takes.
func TuneCut(o sim.Options, beat time.Duration, whole bool) (Cut, error) {
	return split(o, min(beat, tuneBeat), tuneWork, 2*tuneWork, whole)
}

// Candidates are settings with the values to try, for a longest right response time and a price of a slow minute.
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

// Minimums are values of MIN_DYNOS: one or two dynos more than the least at all times, or as rows of the schedule for
// the hours that were slow. They are learned from as many days of a simulation as there are, since rows want that; beat
// is the time between two heartbeats.
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

// Tune looks for what costs least in the part that is learned from, and judges it by the other.
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

// Tuned is what came of a search.
type Tuned struct {
	Settings []string `json:"settings"`
	Was      Score    `json:"learned_from_before"`
	Learned  Score    `json:"learned_from_after"`
	WasLater Score    `json:"judged_by_before"`
	Later    Score    `json:"judged_by_after"`
	// Better says whether the settings cost less in the time that was not learned from.
	Better     bool    `json:"better"`
	Price      float64 `json:"price_per_month"`
	SlowMinute float64 `json:"slow_minute_price"`
	// Hours is how long the load lasts, LeftOut how much of it was left out to be quick.
	Hours   float64 `json:"hours"`
	LeftOut float64 `json:"hours_left_out"`
	// Trials is how many settings were tried.
	Trials int `json:"-"`
}

// Text writes it for a terminal.
func (t Tuned) Text(w io.Writer) error {
	fmt.Fprintf(w, "%d settings were tried, for dynos at %s a month and slow minutes at %s.\n\n", t.Trials,
		Money(t.Price), Money(t.SlowMinute))
	fmt.Fprintf(w, "learned from, as they are:  %v\nlearned from, found:        %v\n", t.Was, t.Learned)
	fmt.Fprintf(w, "judged by, as they are:     %v\njudged by, found:           %v\n\n", t.WasLater, t.Later)
	var err error
	switch {
	case len(t.Settings) == 0:
		_, err = fmt.Fprintln(w, "Nothing that was tried is better than the settings as they are.")
	case !t.Better:
		_, err = fmt.Fprintf(w, "What was found does not hold in the time that it was not learned from, so keep the "+
			"settings as they are. It was:\n%s", Paste(t.Settings))
	default:
		_, err = fmt.Fprintf(w, "To paste:\n%s", Paste(t.Settings))
	}
	return err
}
