package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

const (
	chartPoints                 = 600 // one for two pixels of a wide screen
	chartMarks                  = 300 // the newest
	longestRange, shortestRange = 400 * 24 * time.Hour, time.Minute
	askTime                     = 5 * time.Second // deadline of a query to the history
)

// In JSON, a missing figure is null.
type figure float64

const missing = figure(math.MaxFloat64)

func (f figure) MarshalJSON() ([]byte, error) {
	if f == missing || math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(f)*10)/10, 'f', -1, 64), nil
}

type point struct {
	Time     float64 `json:"t"` // in seconds since 1970
	Response figure  `json:"ms"`
	Low      figure  `json:"low"`
	High     figure  `json:"high"`
	Dynos    figure  `json:"dynos"`
	Min      int     `json:"min"`
	Max      int     `json:"max"`
	// Signals are the values of signals, by name.
	Signals map[string]figure `json:"signals,omitempty"`
	// Unanswered is 1 for a heartbeat without a response, or else 0.
	Unanswered int `json:"unanswered"`
}

type chartMark struct {
	Time float64 `json:"t"`
	// Kind is up, down, hand, failed, dry or deploy.
	Kind string `json:"kind"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Times are in seconds since 1970.
type chart struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Now  float64 `json:"now"`
	// Step is the width of a bucket, Interval the time between heartbeats, in seconds.
	Step     float64 `json:"step"`
	Interval float64 `json:"interval"`

	Time   []float64 `json:"t"`
	Median []figure  `json:"median"`
	P95    []figure  `json:"p95"`
	Low    []figure  `json:"low"`
	High   []figure  `json:"high"`
	Dynos  []figure  `json:"dynos"`
	Min    []figure  `json:"min"`
	Max    []figure  `json:"max"`
	// Unanswered counts the heartbeats of a bucket without a response. The lines have a gap if no heartbeat has one.
	Unanswered []int `json:"unanswered"`

	Marks []chartMark  `json:"marks"`
	Spans []chartSpan  `json:"spans"`
	Ahead [][3]float64 `json:"ahead"` // time, minimum, maximum
	// Summary describes the charts in words.
	Summary string `json:"summary"`
}

func (d *Dashboard) series(w http.ResponseWriter, r *http.Request, _ visitor) {
	now := time.Now()
	from, to, err := stretch(r, now)
	if err != nil {
		d.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	c, err := d.chart(r.Context(), from, to, now)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body, err := json.Marshal(c)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.send(w, r, http.StatusOK, "application/json", body)
}

// The query has from and to in seconds since 1970, or last in seconds.
func stretch(r *http.Request, now time.Time) (from, to time.Time, err error) {
	q := r.URL.Query()
	seconds := func(name string) time.Time {
		f, perr := strconv.ParseFloat(q.Get(name), 64)
		if perr != nil || math.IsNaN(f) || math.Abs(f) > 1e11 {
			err = fmt.Errorf("%s is %q: must be a number of seconds", name, q.Get(name))
			return time.Time{}
		}
		return time.UnixMilli(int64(f * 1000))
	}
	if q.Has("last") {
		from, to = now.Add(-seconds("last").Sub(time.Unix(0, 0))), now
	} else {
		from, to = seconds("from"), seconds("to")
	}
	if err == nil && (to.Sub(from) < shortestRange || to.Sub(from) > longestRange) {
		err = errors.New("the period must be 1 minute to 400 days")
	}
	return from, to, err
}

// At most mostAsking questions run at once, each for at most askTime.
func ask[T any](ctx context.Context, d *Dashboard, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	select {
	case d.asking <- struct{}{}:
		defer func() { <-d.asking }()
		return question(ctx)
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (d *Dashboard) chart(ctx context.Context, from, to, now time.Time) (chart, error) {
	s, err := ask(ctx, d, func(ctx context.Context) (history.Series, error) {
		return d.o.History.Points(ctx, from, to, chartPoints)
	})
	if err != nil {
		return chart{}, err
	}
	changes, err := ask(ctx, d, func(ctx context.Context) ([]record.Record, error) {
		return d.o.History.Records(ctx, history.Query{From: from, To: to, Changed: true, Limit: chartMarks})
	})
	if err != nil {
		return chart{}, err
	}
	spans, err := d.chartSpans(ctx, from, to, now)
	if err != nil {
		return chart{}, err
	}
	deploys, err := d.deploys(ctx, from, to)
	if err != nil {
		return chart{}, err
	}
	c := chart{
		Spans: spans,
		From:  unix(from), To: unix(to), Now: unix(now), Step: s.Step.Seconds(), Interval: d.o.Interval.Seconds(),
		Time: []float64{}, Median: []figure{}, P95: []figure{}, Low: []figure{}, High: []figure{}, Dynos: []figure{},
		Min: []figure{}, Max: []figure{}, Unanswered: []int{}, Marks: []chartMark{}, Ahead: [][3]float64{},
	}
	c.fill(s, d.o.Interval, d.o.NoHeartbeat)
	slices.SortFunc(changes, func(a, b record.Record) int { return a.Time.Compare(b.Time) })
	for _, r := range changes {
		c.Marks = append(c.Marks, markOf(r))
	}
	c.Marks = append(c.Marks, deploys...)
	slices.SortStableFunc(c.Marks, func(a, b chartMark) int { return cmp.Compare(a.Time, b.Time) })
	for _, st := range d.steps(now, now.Add(aheadSpan)) {
		c.Ahead = append(c.Ahead, [3]float64{unix(st.from), float64(st.Min), float64(st.Max)})
	}
	last := c.Ahead[len(c.Ahead)-1]
	c.Ahead = append(c.Ahead, [3]float64{unix(now.Add(aheadSpan)), last[1], last[2]})
	c.Summary = d.summary(s, len(changes), from.In(d.o.Zone), to.In(d.o.Zone))
	return c, nil
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// The lines have a gap where heartbeats are missing for longer than two buckets or intervals.
func (c *chart) fill(s history.Series, interval time.Duration, noHeartbeat bool) {
	for i, p := range s.Points {
		if i > 0 && p.Time.Sub(s.Points[i-1].Time) > 2*max(s.Step, interval, apart(s.Points[i-1])) {
			c.add(unix(s.Points[i-1].Time.Add(s.Step)), 0, missing, missing, missing, missing,
				missing, missing, missing)
		}
		unanswered := p.Unanswered
		if noHeartbeat {
			unanswered = 0
		}
		c.add(unix(p.Time), unanswered, known(p.MedianMS), known(p.P95MS), figure(p.LowMS), figure(p.HighMS),
			known(float64(p.Dynos)),
			figure(p.Min), figure(p.Max))
	}
}

// The interval at that time may differ from the present one.
func apart(p history.Point) time.Duration {
	return time.Duration(p.Seconds / float64(max(1, p.Heartbeats)) * float64(time.Second))
}

func known(f float64) figure {
	if f < 0 {
		return missing
	}
	return figure(f)
}

func (c *chart) add(t float64, unanswered int, median, p95, low, high, dynos, least, most figure) {
	c.Time, c.Unanswered = append(c.Time, t), append(c.Unanswered, unanswered)
	c.Median, c.P95 = append(c.Median, median), append(c.P95, p95)
	c.Low, c.High = append(c.Low, low), append(c.High, high)
	c.Dynos, c.Min, c.Max = append(c.Dynos, dynos), append(c.Min, least), append(c.Max, most)
}

func (d *Dashboard) summary(s history.Series, changes int, from, to time.Time) string {
	const minute = "2 January 15:04"
	var beats, slow, unanswered, fewest, most int
	lowest, highest, worst := math.Inf(1), 0.0, 0.0
	fewest = math.MaxInt
	for _, p := range s.Points {
		beats, slow, unanswered = beats+p.Heartbeats, slow+p.Slow, unanswered+p.Unanswered
		if p.MedianMS >= 0 {
			lowest, highest, worst = min(lowest, p.MedianMS), max(highest, p.MedianMS), max(worst, p.P95MS)
		}
		if p.Dynos >= 0 {
			fewest, most = min(fewest, p.Dynos), max(most, p.Dynos)
		}
	}
	what := reading(d.o.NoHeartbeat)
	period := fmt.Sprintf("from %s to %s", from.Format(minute), to.Format(minute))
	if beats == 0 {
		return fmt.Sprintf("No %ss %s.", what, period)
	}
	text := count(beats, what, what+"s") + " " + period
	if !d.o.NoHeartbeat {
		text += fmt.Sprintf(", %s of them slow", grouped(float64(slow), 0))
		if unanswered > 0 {
			text += fmt.Sprintf(" and %s without a response", grouped(float64(unanswered), 0))
		}
	}
	text += "."
	if highest > 0 {
		median := words.Millis(lowest)
		if m := words.Millis(highest); m != median {
			median += " to " + m
		}
		text += fmt.Sprintf(" The median response time was %s, and the 95th percentile reached %s.", median,
			words.Millis(worst))
	}
	if fewest <= most {
		one, many := d.o.Unit.One(), d.o.Unit.Many()
		if fewest == most {
			text += fmt.Sprintf(" The app had %s", count(most, one, many))
		} else {
			text += fmt.Sprintf(" The app had %d to %d %s", fewest, most, many)
		}
		text += fmt.Sprintf(", with %s.", count(changes, "change", "changes"))
	}
	return text
}

func reading(noHeartbeat bool) string {
	if noHeartbeat {
		return "reading"
	}
	return "heartbeat"
}

// A change may have failed, or be a dry run's.
func changed(r record.Record) bool {
	switch r.Action {
	case record.Scaled, record.WouldScale, record.Resized, record.WouldResize, record.Failed:
		return true
	}
	return r.Decision.Found()
}

func markOf(r record.Record) chartMark {
	m := chartMark{Time: unix(r.Time), Text: r.Headline(), Why: r.Why()}
	switch {
	case r.Action == record.WouldScale || r.Action == record.WouldResize:
		m.Kind = "dry"
	case r.Action == record.Failed:
		m.Kind = "failed"
	case r.Action == record.Scaled:
		m.Kind = upOrDown(r.Decision.To > r.Decision.From)
	case r.Action == record.Resized:
		m.Kind = upOrDown(r.Decision.SizeLarger)
	case r.Decision.Completed != nil:
		c := r.Decision.Completed
		m.Kind, m.Text = upOrDown(c.To > c.From), fmt.Sprintf("scaled %d → %d", c.From, c.To)
	case r.Decision.CompletedSize != nil:
		c := r.Decision.CompletedSize
		m.Kind, m.Text = upOrDown(c.Larger), fmt.Sprintf("resized %s → %s", c.From, c.To)
	default:
		m.Kind = "hand"
	}
	if a := r.Decision.ManualChange; a != nil && r.Action == record.Held {
		m.Text = fmt.Sprintf("manual change %d → %d", a.From, a.To)
	}
	return m
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}
