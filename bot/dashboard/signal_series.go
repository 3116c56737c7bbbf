package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	mostSignals = 6
	// A chart has the value of each heartbeat, or of the newest one in each of signalSamples parts of a long period.
	signalValues, signalSamples = 720, 240
)

type signalChart struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	Values []figure `json:"values"` // one for each time, null without data
	// Low and High are the present thresholds; null without one.
	Low  figure `json:"low"`
	High figure `json:"high"`
}

type signalCharts struct {
	Time    []float64     `json:"t"`
	Signals []signalChart `json:"signals"`
}

// Values of a record's signals, such as the length of a queue or the CPU, by name.
func signalsOf(r record.Record) map[string]probe.Reading {
	out := map[string]probe.Reading{}
	for _, reading := range r.Readings {
		if reading.Signal != probe.HeartbeatSignal && reading.Outcome == probe.Answered {
			out[reading.Signal] = reading
		}
	}
	return out
}

func (d *Dashboard) signalSeries(w http.ResponseWriter, r *http.Request, _ visitor) {
	from, to, err := stretch(r, time.Now())
	if err != nil {
		d.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	records, err := ask(r.Context(), d, func(ctx context.Context) ([]record.Record, error) {
		return d.sampled(ctx, from, to)
	})
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body, err := json.Marshal(chartSignals(records))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.send(w, r, http.StatusOK, "application/json", body)
}

// The oldest record comes first.
func (d *Dashboard) sampled(ctx context.Context, from, to time.Time) ([]record.Record, error) {
	var out []record.Record
	if to.Sub(from) <= signalValues*d.o.Interval {
		records, err := d.o.History.Records(ctx, history.Query{From: from, To: to, Limit: signalValues})
		out = records
		if err != nil {
			return nil, err
		}
	} else {
		step := to.Sub(from) / signalSamples
		for i := range signalSamples {
			begin := from.Add(time.Duration(i) * step)
			records, err := d.o.History.Records(ctx, history.Query{From: begin, To: begin.Add(step), Limit: 1})
			if err != nil {
				return nil, err
			}
			out = append(out, records...)
		}
	}
	slices.SortFunc(out, func(a, b record.Record) int { return a.Time.Compare(b.Time) })
	return out, nil
}

// The signals are in the order of the newest record.
func chartSignals(records []record.Record) signalCharts {
	c := signalCharts{Time: []float64{}, Signals: []signalChart{}}
	place := map[string]int{}
	for _, r := range slices.Backward(records) {
		for _, reading := range r.Readings {
			_, known := place[reading.Signal]
			if known || reading.Signal == probe.HeartbeatSignal || len(place) == mostSignals {
				continue
			}
			place[reading.Signal] = len(c.Signals)
			s := signalChart{Name: reading.Signal, Unit: reading.Unit, Values: []figure{}}
			s.Low, s.High = thresholds(r.Decision.Signals, reading.Signal)
			c.Signals = append(c.Signals, s)
		}
	}
	for _, r := range records {
		c.Time = append(c.Time, unix(r.Time))
		values := signalsOf(r)
		for name, i := range place {
			value := missing
			if reading, ok := values[name]; ok {
				value = figure(reading.Value)
			}
			c.Signals[i].Values = append(c.Signals[i].Values, value)
		}
	}
	return c
}

// A rule of another unit, such as one per dyno, has no threshold in the chart of its signal.
func thresholds(all []decide.Judged, name string) (low, high figure) {
	low, high = missing, missing
	for _, j := range all {
		if j.Rule != name {
			continue
		}
		if j.Min != nil {
			low = figure(*j.Min)
		}
		if j.Max != nil {
			high = figure(*j.Max)
		}
	}
	return low, high
}

func hasSignals(r record.Record) bool {
	return slices.ContainsFunc(r.Readings, func(reading probe.Reading) bool {
		return reading.Signal != probe.HeartbeatSignal
	})
}
