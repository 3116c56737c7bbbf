package history

import (
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The identity of a bot.
type who struct{ app, processType string }

// A record or an event in its stored form.
type row struct {
	who  who
	at   int64 // nanoseconds since 1970
	body []byte

	// Fields of an event.
	event           bool
	id, kind, phase string

	// Fields of a record.
	verdict, rule    string
	changed          bool
	ups, downs       int64
	response         float64 // milliseconds; -1 without a response
	low, high        float64
	dynos            int64
	dynoSeconds      float64 // set when the row is written
	seconds          float64 // the time that dynoSeconds covers
	minimum, maximum int64
}

const rowSize = 256 // bytes of a row in memory, apart from its body and ID

func (r *row) size() int { return rowSize + len(r.body) + len(r.id) }

func (c *codec) rowOf(r record.Record) (row, error) {
	out := row{
		who: who{text(r.App), text(r.ProcessType)}, at: nanos(r.Time),
		verdict: text(string(r.Decision.Verdict)), rule: text(string(r.Decision.Rule)), changed: Changed(r),
		response: -1, low: r.Decision.MinResponseMS, high: r.Decision.MaxResponseMS,
		dynos: int64(max(-1, r.After())), minimum: int64(r.Limits.Min), maximum: int64(r.Limits.Max),
	}
	if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered && hb.Unit == "ms" {
		out.response = max(0, hb.Value)
	}
	if r.Action == record.Scaled {
		out.ups, out.downs = btoi(r.Decision.To > r.Decision.From), btoi(r.Decision.To < r.Decision.From)
	}
	if c := r.Decision.Completed; c != nil { // a change that no earlier record has
		out.ups, out.downs = out.ups+btoi(c.To > c.From), out.downs+btoi(c.To < c.From)
	}
	r.App, r.ProcessType = "", "" // the row has them
	body, err := c.pack(r.Unexplained())
	if err != nil {
		return row{}, fmt.Errorf("write a record as JSON: %w", err)
	}
	out.body = body
	return out, nil
}

// Changed is true if the tick changed the dynos or their size, failed to, would have in a dry run, or found a manual
// change. [Query] selects such records.
func Changed(r record.Record) bool {
	switch r.Action {
	case record.Scaled, record.WouldScale, record.Resized, record.WouldResize:
		return true
	}
	return r.Action == record.Failed && r.Dynos >= 0 || r.Decision.Found()
}

func (c *codec) eventRow(e notify.Event) (row, error) {
	out := row{
		who: who{text(e.App), text(e.ProcessType)}, at: nanos(e.Time), event: true,
		id: text(e.ID), kind: text(string(e.Kind)), phase: text(string(e.Phase)),
	}
	e.App, e.ProcessType = "", ""
	body, err := c.pack(e)
	if err != nil {
		return row{}, fmt.Errorf("write an event as JSON: %w", err)
	}
	out.body = body
	return out, nil
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// PostgreSQL accepts only valid UTF-8 without zero bytes.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// Times before 1970 and after 2262 are clipped.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, 0)):
		return 0
	case t.After(time.Unix(0, forever)):
		return forever
	}
	return t.UnixNano()
}

const forever = 1<<63 - 1
