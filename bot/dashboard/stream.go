package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	mostViewers = 2000
	// Frames that a viewer may lag behind. Then the stream ends, and the browser reconnects.
	behind = 16
	// Heroku's router ends a stream that is silent for 55 s.
	pulse         = 20 * time.Second
	frameTime     = 10 * time.Second // deadline of writing a frame
	longestStream = time.Hour        // then the browser reconnects, with the visitor's present rights
)

type viewer struct {
	frames chan []byte // closed when the viewer is dropped
}

type hub struct {
	mu      sync.Mutex
	last    record.Record
	seen    bool
	at      time.Time // arrival of the newest record
	viewers map[*viewer]struct{}
}

func (h *hub) newest() (r record.Record, seen bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last, h.seen
}

// It is zero before the first record.
func (h *hub) newestAt() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hub) take(r record.Record) (watched bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last, h.seen, h.at = r, true, time.Now()
	return len(h.viewers) > 0
}

func (h *hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewers) > 0
}

// ok is false if there are too many viewers.
func (h *hub) join() (v *viewer, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.viewers) >= mostViewers {
		return nil, false
	}
	if h.viewers == nil {
		h.viewers = map[*viewer]struct{}{}
	}
	v = &viewer{frames: make(chan []byte, behind)}
	h.viewers[v] = struct{}{}
	return v, true
}

// The viewer may have been dropped already.
func (h *hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(v)
}

// The caller holds h.mu.
func (h *hub) drop(v *viewer) {
	if _, there := h.viewers[v]; there {
		delete(h.viewers, v)
		close(v.frames)
	}
}

// It never blocks: it drops viewers that lag too far behind.
func (h *hub) send(frame []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range h.viewers {
		select {
		case v.frames <- frame:
		default:
			h.drop(v)
		}
	}
}

// Without a Point and a Row, something other than the heartbeat has changed.
type beat struct {
	Now   string     `json:"now"` // HTML
	Title string     `json:"title"`
	Point *point     `json:"point,omitempty"`
	Row   string     `json:"row,omitempty"` // HTML
	Mark  *chartMark `json:"mark,omitempty"`
	Say   string     `json:"say,omitempty"` // for screen readers
}

// Record shows a record to all viewers. It does not block, and never fails.
func (d *Dashboard) Record(_ context.Context, r record.Record) error {
	if r.Action == record.Interrupted || !d.hub.take(r) {
		return nil
	}
	b := d.beat(r.Time)
	b.Point = pointOf(r, d.o.NoHeartbeat)
	b.Row = d.html(decisionRow(d.decision(r)))
	if changed(r) {
		m := markOf(r)
		b.Mark, b.Say = &m, m.Text+": "+m.Why
	}
	d.hub.send(asEvent(b))
	return nil
}

// It updates the page after a change other than a heartbeat.
func (d *Dashboard) show(now time.Time) {
	if d.hub.watched() {
		d.hub.send(asEvent(d.beat(now)))
	}
}

func (d *Dashboard) beat(now time.Time) beat {
	p := d.present(now)
	return beat{Now: d.html(nowPart(p)), Title: p.Title}
}

func asEvent(b beat) []byte {
	var out bytes.Buffer
	out.WriteString("event: beat\ndata: ")
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // shorter; browsers do not read a stream as HTML
	_ = e.Encode(b)        // strings and finite numbers never fail; Encode ends the line
	out.WriteString("\n")
	return out.Bytes()
}

func pointOf(r record.Record, noHeartbeat bool) *point {
	p := &point{Time: float64(r.Time.UnixMilli()) / 1000, Min: r.Limits.Min, Max: r.Limits.Max}
	p.Low, p.High = figure(r.Decision.MinResponseMS), figure(r.Decision.MaxResponseMS)
	p.Response = missing
	if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered {
		p.Response = figure(hb.Value)
	} else if !noHeartbeat {
		p.Unanswered = 1
	}
	for name, reading := range signalsOf(r) {
		if p.Signals == nil {
			p.Signals = map[string]figure{}
		}
		p.Signals[name] = figure(reading.Value)
	}
	p.Dynos = missing
	if n := r.After(); n >= 0 {
		p.Dynos = figure(n)
	}
	return p
}

func (d *Dashboard) stream(w http.ResponseWriter, r *http.Request, who visitor) {
	if r.Method == http.MethodHead {
		return
	}
	v, ok := d.hub.join()
	if !ok {
		w.Header().Set("Retry-After", "30")
		d.refuse(w, r, http.StatusServiceUnavailable, "too many open pages; try again in 30 seconds")
		return
	}
	defer d.hub.leave(v)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for nginx
	rc := http.NewResponseController(w)
	end := time.NewTimer(streamLength(who, time.Now()))
	defer end.Stop()
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	next := append([]byte("retry: 3000\n"), asEvent(d.beat(time.Now()))...)
	for {
		_ = rc.SetWriteDeadline(time.Now().Add(frameTime))
		if _, err := w.Write(next); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-end.C:
			return
		case <-who.ended:
			return
		case <-tick.C:
			next = []byte(": still here\n\n") // a comment, which browsers ignore
		case next, ok = <-v.frames:
			if !ok {
				return
			}
		}
	}
}

func streamLength(v visitor, now time.Time) time.Duration {
	if !v.until.IsZero() {
		return min(longestStream, v.until.Sub(now))
	}
	return longestStream
}
