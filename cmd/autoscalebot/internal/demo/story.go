package demo

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The policies of a story.
const (
	Count    = "count"
	Adaptive = "adaptive"
)

// A Story is what happened to one app in a run.
type Story struct {
	// Policy is Count or Adaptive.
	Policy string
	// URL is the app's, and Page that of the bot's page.
	URL, Page string
	// Start is the start of the run. End is its planned end; zero without one.
	Start, End time.Time
	// Records are the bot's records, except interrupted ones. Rates are the load at each record, in requests a second.
	Records []record.Record
	Rates   []float64
	// Tally counts the load's requests.
	Tally Tally
	// Pool is nil in a run without a pool.
	Pool *Pool
}

func (s *Story) unit() words.Unit {
	if s.Pool != nil {
		return "server"
	}
	if n := len(s.Records); n > 0 {
		return words.Unit(s.Records[n-1].Unit)
	}
	return ""
}

// Add appends a record and the load at its time, in requests a second.
func (s *Story) Add(r record.Record, rate float64) {
	s.Records = append(s.Records, r)
	s.Rates = append(s.Rates, rate)
	if s.Pool != nil {
		s.Pool.there = append(s.Pool.there, len(s.Pool.Servers))
	}
}

func (s *Story) clock(t time.Time) string {
	d := t.Sub(s.Start).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// The run may go a little beyond its planned end, for which nobody pays.
func (s *Story) until(now time.Time) time.Time {
	if !s.End.IsZero() && now.After(s.End) {
		return s.End
	}
	return now
}

// A Summary is the totals of a run.
type Summary struct {
	Heartbeats int `json:"heartbeats"`
	ScaleUps   int `json:"scale_ups"`
	ScaleDowns int `json:"scale_downs"`
	// SlowestMS is the slowest answered heartbeat, in milliseconds. Failed counts unanswered heartbeats.
	SlowestMS float64 `json:"slowest_ms"`
	Failed    int     `json:"failed"`
	// DynoSeconds is the paid time of all dynos. FixedDynoSeconds is that of a fleet that is always at its maximum.
	DynoSeconds      float64 `json:"dyno_seconds"`
	FixedDynoSeconds float64 `json:"fixed_dyno_seconds"`
	// Requests counts the load's requests. Unanswered counts those without a good answer. Slow counts them too, and
	// those that took longer than the upper threshold.
	Requests   int64 `json:"requests"`
	Slow       int64 `json:"slow"`
	Unanswered int64 `json:"unanswered"`
	// Max is the maximum number of dynos.
	Max int `json:"max"`
	// Pool is nil in a run without a pool.
	Pool *Pool `json:"pool,omitempty"`
	unit words.Unit
}

// Sum returns the totals up to end, or up to the planned end if that is earlier.
func (s *Story) Sum(end time.Time) Summary {
	end = s.until(end)
	sum := Summary{
		Requests: s.Tally.All.Load(), Slow: s.Tally.Slow.Load(), Unanswered: s.Tally.Failed.Load(),
		Pool: s.Pool, unit: s.unit(),
	}
	for i, r := range s.Records {
		sum.Heartbeats++
		if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered {
			sum.SlowestMS = max(sum.SlowestMS, hb.Value)
		} else {
			sum.Failed++
		}
		if r.Action == record.Scaled && r.Decision.To > r.Decision.From {
			sum.ScaleUps++
		} else if r.Action == record.Scaled {
			sum.ScaleDowns++
		}
		until := end
		if i+1 < len(s.Records) {
			until = s.Records[i+1].Time
		}
		seconds := max(0, until.Sub(r.Time).Seconds())
		paid := max(0, r.After())
		if s.Pool != nil {
			paid = s.Pool.there[i]
		}
		sum.DynoSeconds += seconds * float64(paid)
		sum.FixedDynoSeconds += seconds * float64(r.Limits.Max)
		sum.Max = r.Limits.Max
	}
	return sum
}

// String returns the summary as lines of text.
func (s Summary) String() string {
	saved := 0.0
	if s.FixedDynoSeconds > 0 {
		saved = 100 * (1 - s.DynoSeconds/s.FixedDynoSeconds)
	}
	text := fmt.Sprintf(`  heartbeats      %d, %d not answered
  scale-ups       %d
  scale-downs     %d
  slowest         %.0f ms
  requests        %d, %d not answered
  slow requests   %d
  %-15s %.0f instead of %.0f at the maximum: %.0f %% less
`, s.Heartbeats, s.Failed, s.ScaleUps, s.ScaleDowns, s.SlowestMS, s.Requests, s.Unanswered,
		s.Slow, s.unit.One()+"-seconds", s.DynoSeconds, s.FixedDynoSeconds, saved)
	if s.Pool != nil {
		text += s.Pool.sum()
	}
	return text
}
