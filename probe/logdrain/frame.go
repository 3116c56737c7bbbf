package logdrain

import (
	"bytes"
	"fmt"
	"time"
)

// No body is long enough for a length of more digits.
const mostDigits = 8

// A frame is its length in decimal, a space, and the bytes (RFC 6587, section 3.4.1). body must not be empty.
func nextFrame(body []byte) (frame, rest []byte, ok bool) {
	n, i := 0, 0
	for ; i < len(body) && i < mostDigits && body[i] >= '0' && body[i] <= '9'; i++ {
		n = n*10 + int(body[i]-'0')
	}
	// A length has no leading zero and is not 0.
	if i == 0 || body[0] == '0' || i == len(body) || body[i] != ' ' {
		return nil, nil, false
	}
	rest = body[i+1:]
	if n > len(rest) {
		return nil, nil, false
	}
	return rest[:n], rest[n:], true
}

// The error quotes nothing of the body.
func countFrames(body []byte) (int, error) {
	n := 0
	for rest := body; len(rest) > 0; n++ {
		_, after, ok := nextFrame(rest)
		if !ok {
			return 0, fmt.Errorf("invalid frame at byte %d of %d: must be a length in decimal, a space "+
				"and that number of bytes",
				len(body)-len(rest), len(body))
		}
		rest = after
	}
	return n, nil
}

// The fields are slices of the frame.
type message struct {
	time time.Time
	// app is "heroku" for the platform's messages, "app" for the app's. process is "router", "logplex" or a dyno.
	app, process []byte
	text         []byte
}

// Logplex's form of RFC 5424, without structured data: <priority>version time host app process id text.
func parseMessage(frame []byte) (m message, ok bool) {
	priority, rest, ok := bytes.Cut(frame, []byte(" "))
	if !ok || !isPriority(priority) {
		return m, false
	}
	at, rest, ok := bytes.Cut(rest, []byte(" "))
	if !ok || m.time.UnmarshalText(at) != nil {
		return m, false
	}
	if _, rest, ok = bytes.Cut(rest, []byte(" ")); !ok { // the host
		return m, false
	}
	if m.app, rest, ok = bytes.Cut(rest, []byte(" ")); !ok {
		return m, false
	}
	if m.process, rest, ok = bytes.Cut(rest, []byte(" ")); !ok {
		return m, false
	}
	_, m.text, ok = bytes.Cut(rest, []byte(" ")) // after the id
	return m, ok
}

// "<", a number of 1 to 3 digits up to 191, ">", and a version of one digit
func isPriority(b []byte) bool {
	if len(b) < 4 || len(b) > 6 || b[0] != '<' || b[len(b)-2] != '>' || !isDigit(b[len(b)-1]) {
		return false
	}
	n := 0
	for _, c := range b[1 : len(b)-2] {
		if !isDigit(c) {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n <= 191
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
