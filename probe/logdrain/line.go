package logdrain

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

const (
	// Heroku routes requests to this process type.
	webType = "web"
	// Larger values are forged. mostSize is in MB.
	highestDyno, mostSize = 99_999, 1e8
	mostLost              = 100_000_000 // lines that one line can report as lost
)

type request struct {
	dyno             []byte        // "web.1"; empty if it reached no dyno
	code             int           // 12 for H12; 0 without a code
	status           int           // 0 if unknown
	connect, service time.Duration // below 0 if unknown
}

// A line of the router:
//
//	at=info method=GET path="/" host=… request_id=… fwd="…" dyno=web.1 connect=1ms service=37ms status=200 bytes=13 protocol=https
//	at=error code=H12 desc="Request timeout" method=…
//
// The visitor controls the path, the host, the request id and most of fwd, and could forge fields in them. So only the
// fields before method and after the last " dyno=" are read: they are the router's own.
func parseRequest(text []byte) (r request, ok bool) {
	r.connect, r.service = -1, -1
	first := true
	for head := text; ; first = false {
		var field []byte
		field, head, _ = bytes.Cut(head, []byte(" "))
		key, value, _ := bytes.Cut(field, []byte("="))
		if string(key) == "code" {
			r.code = parseCode(value)
		} else if string(key) != "at" && string(key) != "sock" {
			break
		}
	}
	tail := bytes.LastIndex(text, []byte(" dyno="))
	if first || tail < 0 {
		return r, false
	}
	for rest := text[tail+1:]; len(rest) > 0; {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte(" "))
		key, value, _ := bytes.Cut(field, []byte("="))
		switch string(key) {
		case "dyno":
			r.dyno = value
		case "connect":
			r.connect = parseTime(value)
		case "service":
			r.service = parseTime(value)
		case "status":
			r.status = parseNumber(value, 999)
		}
	}
	return r, true
}

func parseCode(b []byte) int {
	if len(b) != 3 || b[0] != 'H' || !isDigit(b[1]) || !isDigit(b[2]) {
		return 0
	}
	return int(b[1]-'0')*10 + int(b[2]-'0')
}

// Such as "37ms", up to one hour; -1 if invalid.
func parseTime(b []byte) time.Duration {
	digits, ok := bytes.CutSuffix(b, []byte("ms"))
	if !ok || len(digits) == 0 {
		return -1
	}
	for _, c := range digits {
		if !isDigit(c) {
			return -1
		}
	}
	return time.Duration(parseNumber(digits, int(time.Hour/time.Millisecond))) * time.Millisecond
}

// The number that b begins with, at most most.
func parseNumber(b []byte, most int) int {
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			break
		}
		n = min(most, n*10+int(c-'0'))
	}
	return n
}

func isType(dyno []byte, processType string) (number int, ok bool) {
	kind, digits, _ := bytes.Cut(dyno, []byte("."))
	if string(kind) != processType || len(digits) == 0 || len(digits) > 5 || digits[0] == '0' {
		return 0, false
	}
	for _, c := range digits {
		if !isDigit(c) {
			return 0, false
		}
	}
	return parseNumber(digits, highestDyno), true
}

// Missing values are below 0.
type sample struct {
	dyno        []byte
	load        float64 // of the last minute
	total, full float64 // memory in MB: in use, and the quota
}

// A line of the runtime metrics:
//
//	source=web.1 dyno=heroku.1.2 sample#load_avg_1m=2.46 sample#load_avg_5m=1.06 sample#load_avg_15m=0.99
//	source=web.1 dyno=heroku.1.2 sample#memory_total=21.00MB … sample#memory_quota=512.00MB
func parseSample(text []byte) (s sample, ok bool) {
	s.load, s.total, s.full = -1, -1, -1
	for rest := bytes.TrimRight(text, "\r\n"); len(rest) > 0; {
		var field []byte
		field, rest, _ = bytes.Cut(rest, []byte(" "))
		key, value, _ := bytes.Cut(field, []byte("="))
		switch string(key) {
		case "source":
			s.dyno, ok = value, true
		case "sample#load_avg_1m":
			s.load = parseSize(value, "")
		case "sample#memory_total":
			s.total = parseSize(value, "MB")
		case "sample#memory_quota":
			s.full = parseSize(value, "MB")
		}
	}
	return s, ok
}

// Below 0 unless b is a number with the unit.
func parseSize(b []byte, unit string) float64 {
	digits, ok := strings.CutSuffix(string(b), unit)
	if !ok || len(digits) > 32 {
		return -1
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(f >= 0 && f <= mostSize) { // excludes NaN
		return -1
	}
	return f
}

// Logplex's report of lines that it could not deliver. All three forms are in use:
//
//	Error L10 (output buffer overflow): 12 messages dropped since 2026-11-22T10:00:00+00:00.
//	Error L10 (output buffer overflow): drain 'd.…' dropped 12 messages since …
//	Error L11 (Tail buffer overflow) -> This tail session dropped 12 messages since …
//
// drain is empty if the line does not name it. tail is true for an L11.
func parseOverflow(text []byte) (lost int, drain []byte, tail, ok bool) {
	rest, ten := bytes.CutPrefix(text, []byte("Error L10 "))
	if !ten {
		if rest, tail = bytes.CutPrefix(text, []byte("Error L11 ")); !tail {
			return 0, nil, false, false
		}
	}
	if _, after, named := bytes.Cut(rest, []byte("drain '")); named {
		drain, _, _ = bytes.Cut(after, []byte("'"))
	}
	before, _, ok := bytes.Cut(rest, []byte(" messages "))
	digits := before[bytes.LastIndexByte(before, ' ')+1:]
	if !ok || len(digits) == 0 || !isDigit(digits[0]) {
		return 0, nil, tail, false
	}
	return parseNumber(digits, mostLost), drain, tail, true
}
