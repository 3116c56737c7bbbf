package logdrain

import "time"

type Message struct {
	Time               time.Time
	App, Process, Text string
}

// Messages reads a body. It is false where a post would be refused, or a line be odd.
func Messages(body []byte) (out []Message, ok bool) {
	if _, err := countFrames(body); err != nil {
		return nil, false
	}
	for len(body) > 0 {
		var frame []byte
		frame, body, _ = nextFrame(body)
		m, ok := parseMessage(frame)
		if !ok {
			return nil, false
		}
		out = append(out, Message{m.time, string(m.app), string(m.process), string(m.text)})
	}
	return out, true
}

// Remembered is how many lines and posts are remembered, and how many dynos are kept.
func (d *Drain) Remembered() (lines, posts, dynos int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen.now) + len(d.seen.before), len(d.frames.now) + len(d.frames.before), len(d.dynos)
}

const (
	MaxBody = maxBody
	// They bound what is remembered.
	MostLines, MostPosts, MostDynos = 2 * linesKept, 2 * framesKept, mostDynos
)
