package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// A Backtest is how several settings perform under the load of a record.
type Backtest struct {
	// Report has the result at the recorded dynos first, then that of the recorded settings, then those of other
	// settings.
	Report
	Model Model
	// Given is what the user said of the app, which is not fitted; zero if nothing was said.
	Given App
	// As compares the model with the record. LowMS and HighMS are the thresholds of heartbeats.
	As            As
	LowMS, HighMS float64
}

// Backtest starts a backtest with the model's result at the recorded dynos. lowMS and highMS are the thresholds.
func (m Model) Backtest(ctx context.Context, o sim.Options, lowMS, highMS float64) (Backtest, error) {
	result, as, err := m.Replay(ctx, o, lowMS, highMS)
	return Backtest{
		Report: Report{
			Demand: "the recorded load", Start: o.Start, Fleet: o.Fleet, Bound: o.Bound,
			Limits: o.Limits, Price: o.Price,
			Results: []sim.Result{result},
		},
		Model: m, As: as, LowMS: lowMS, HighMS: highMS,
	}, err
}

// Bound is the response time above which an answer is slow, if only the upper threshold of heartbeats is known.
func (m Model) Bound(highMS float64) time.Duration {
	return min(time.Duration(max(1, highMS)*float64(time.Millisecond)), m.Fleet().Timeout)
}

func (b Backtest) about(w io.Writer) {
	r, zone := b.Model.Record, b.zone()
	known, unseen, saturated := b.Model.Known()
	fmt.Fprintf(w, "Record: %d heartbeats from %s to %s, %d scale-ups, %d scale-downs.\n", len(r.Beats),
		r.Start().In(zone).Format("Mon 2 Jan 2006 15:04"),
		r.End().In(zone).Format("Mon 2 Jan 2006 15:04 MST"), r.Ups, r.Downs)
	if r.Summed > 0 {
		fmt.Fprintf(w, "%d of them come from summaries by the minute: older heartbeats are not kept.\n", r.Summed)
	}
	fmt.Fprintf(w, "Model: %s a dyno and %.0f ms for an answer, %s; a heartbeat takes %.0f ms without "+
		"waiting;\na boot takes %v to %v, %s. The load is inferred from the heartbeats' waits.\n",
		slots(b.Model.App.Slots),
		1000*b.Model.App.Seconds, b.fitted(), b.Model.Baseline.MedianMS,
		b.Model.BootMin, b.Model.BootMax,
		map[bool]string{true: "as the bot learned", false: "an assumption"}[r.Boot > 0])
	fmt.Fprintf(w, "Its error on the record: %.1f %% of the heartbeats above %g ms, recorded %.1f %% (%.1f points "+
		"apart by the hour);\n%.1f %% below %g ms, recorded %.1f %%; median %.0f ms, recorded %.0f ms; "+
		"90th percentile %.0f ms, recorded %.0f ms.\n",
		b.As.Slow[1], b.HighMS, b.As.Slow[0], b.As.HourlySlow, b.As.Fast[1], b.LowMS, b.As.Fast[0], b.As.MedianMS[1],
		b.As.MedianMS[0], b.As.P90MS[1], b.As.P90MS[0])
	fmt.Fprintf(w, "The record determines the load within a factor of %g for %.0f %% of the minutes.", vague, 100*known)
	if saturated > 0 {
		fmt.Fprintf(w, " In %.1f %% most heartbeats timed out: the load is at least the one shown.", 100*saturated)
	}
	if unseen > 0 {
		fmt.Fprintf(w, " In %.1f %% there was no heartbeat: the load is interpolated.", 100*unseen)
	}
	fmt.Fprint(w, "\nThe dynos, scale-ups and scale-downs of the first row are recorded. "+
		"Everything else is modeled.\n\n")
}

func slots(n int) string {
	if n == 1 {
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", n)
}

func (b Backtest) fitted() string {
	switch {
	case b.Given.Slots > 0 && b.Given.Seconds > 0:
		return "both as given"
	case b.Given.Slots > 0:
		return "slots as given, time fitted to the record"
	case b.Given.Seconds > 0:
		return "slots fitted to the record, time as given"
	}
	return "fitted to the record"
}

func (b Backtest) zone() *time.Location {
	if b.Zone != nil {
		return b.Zone
	}
	return time.UTC
}

// Text writes the backtest for a terminal.
func (b Backtest) Text(w io.Writer) error {
	b.about(w)
	if err := b.several(w); err != nil {
		return err
	}
	if n := len(b.Results); n > 1 {
		was, is := b.Results[n-2], b.Results[n-1]
		if n > 2 {
			was, is = b.Results[1], b.Results[2]
		}
		all, more := Differences(b.Start, was, is)
		writeDifferences(w, all, more, b.zone(), was.Policy, is.Policy)
	}
	return nil
}

// JSON writes the backtest as one object.
func (b Backtest) JSON(w io.Writer) error {
	known, unseen, saturated := b.Model.Known()
	type pair struct {
		Recorded float64 `json:"recorded"`
		Modelled float64 `json:"modelled"`
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	var differences []Difference
	if len(b.Results) > 2 {
		differences, _ = Differences(b.Start, b.Results[1], b.Results[2])
	}
	for i := range b.Results {
		b.Results[i].Minutes = nil
	}
	return out.Encode(struct {
		From             time.Time    `json:"from"`
		To               time.Time    `json:"to"`
		Heartbeats       int          `json:"heartbeats"`
		Slots            int          `json:"slots"`
		ServiceMS        float64      `json:"service_ms"`
		Slow             pair         `json:"slow_heartbeats_percent"`
		Fast             pair         `json:"fast_heartbeats_percent"`
		Median           pair         `json:"median_ms"`
		P90              pair         `json:"p90_ms"`
		HourlySlow       float64      `json:"hourly_slow_error_points"`
		KnownPercent     float64      `json:"load_known_percent"`
		SaturatedPercent float64      `json:"saturated_percent"`
		UnseenPercent    float64      `json:"unseen_percent"`
		BoundMS          float64      `json:"bound_ms"`
		Price            float64      `json:"price_per_month,omitempty"`
		Results          any          `json:"results"`
		Differences      []Difference `json:"differences"`
	}{
		b.Model.Record.Start(), b.Model.Record.End(), len(b.Model.Record.Beats), b.Model.App.Slots,
		1000 * b.Model.App.Seconds,
		pair{b.As.Slow[0], b.As.Slow[1]},
		pair{b.As.Fast[0], b.As.Fast[1]},
		pair{b.As.MedianMS[0], b.As.MedianMS[1]},
		pair{b.As.P90MS[0], b.As.P90MS[1]},
		b.As.HourlySlow, 100 * known, 100 * saturated, 100 * unseen, b.Bound.Seconds() * 1000, b.Price,
		b.Results, differences,
	})
}
