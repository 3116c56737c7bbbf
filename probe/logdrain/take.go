package logdrain

import (
	"hash/maphash"
	"time"
)

// body must be well framed. frameID, which may be empty, identifies a repeated post.
func (d *Drain) take(now time.Time, token, frameID string, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.totals.Posts++
	if frameID != "" && d.frames.again(maphash.String(d.seed, token+" "+frameID)) {
		d.totals.Again++
		return
	}
	lost := d.totals.Lost
	for len(body) > 0 {
		var frame []byte
		frame, body, _ = nextFrame(body)
		if m, ok := parseMessage(frame); ok {
			d.takeLine(now, token, frame, m)
		} else {
			d.totals.Odd++
		}
	}
	if lost != d.totals.Lost {
		d.complain(now, aboutLost, "log drain: Logplex could not deliver all lines (L10)", "lost", d.totals.Lost-lost)
	}
}

func (d *Drain) takeLine(now time.Time, token string, frame []byte, m message) {
	if m.time.Sub(now) > ahead {
		d.totals.Ahead++
		return
	}
	if now.Sub(m.time) > oldest {
		d.totals.Late++
		return
	}
	s := d.ring.at(m.time.Unix())
	if s == nil {
		d.totals.Late++
		return
	}
	switch d.takePlatform(s, token, frame, m) {
	case odd:
		d.totals.Odd++
		return
	case twice:
		d.totals.Twice++
		return
	}
	s.lines++
	d.totals.Lines++
	if m.time.Sub(d.newest) > silence {
		d.since = m.time
	}
	if m.time.After(d.newest) {
		d.newest = m.time
	}
}

type result int

const (
	counted result = iota
	odd
	twice
)

// The app's own lines may look the same, but have another app's name.
func (d *Drain) takePlatform(s *slot, token string, frame []byte, m message) result {
	if string(m.app) != "heroku" {
		return counted
	}
	switch {
	case string(m.process) == "router":
		r, ok := parseRequest(trimEnd(m.text))
		if !ok {
			return odd
		}
		if d.again(frame) {
			return twice
		}
		d.takeRequest(s, m.time, r)
	case string(m.process) == "logplex":
		return d.takeOverflow(s, token, frame, m.text)
	default:
		if sm, ok := parseSample(m.text); ok {
			if n, ok := isType(sm.dyno, d.processType); ok && !d.dynos.take(n, m.time, sm) {
				return odd
			}
		}
	}
	return counted
}

// A line is identified by its whole text, because visitors may choose their request id.
func (d *Drain) again(frame []byte) bool { return d.seen.again(maphash.Bytes(d.seed, frame)) }

// Requests that reached no dyno count for web.
func (d *Drain) takeRequest(s *slot, at time.Time, r request) {
	if _, ok := isType(r.dyno, d.processType); !ok && (len(r.dyno) > 0 || d.processType != webType) {
		return
	}
	s.add(r)
	if at.After(d.newestRequest) {
		d.newestRequest = at
	}
}

func (d *Drain) takeOverflow(s *slot, token string, frame, text []byte) result {
	lost, drain, tail, ok := parseOverflow(text)
	switch {
	case !ok || len(drain) > 0 && token != "" && string(drain) != token:
		return counted
	case d.again(frame):
		return twice
	case tail:
		s.tailLost += lost
		d.totals.TailLost += lost
	default:
		s.lost += lost
		d.totals.Lost += lost
	}
	return counted
}

func trimEnd(text []byte) []byte {
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	return text
}
