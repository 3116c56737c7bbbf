package logdrain

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	window = time.Minute // that a reading is about
	// Runtime metrics come every 20 s or so. Without a bound on the silence, old numbers would pass for new ones.
	silence = time.Minute
	// It can be guessed at from anywhere.
	shortestPassword = 16
	// More than one is there only while one replaces another.
	mostTokens = 8
	ahead      = 30 * time.Second // of the clock of a line
	// A line that is older was made up, or tells nothing of now.
	oldest = 70 * time.Minute
	// Logplex posts again at once what was not taken, and gives up after three times.
	framesKept, linesKept = 1 << 12, 1 << 16
)

// Options say whose posts a [Drain] takes, and what its readings are of.
type Options struct {
	// Tokens are the drain tokens that are taken, as `heroku drains --json` shows them: "d." and a UUID. Heroku gives
	// one to each drain, and sends it as Logplex-Drain-Token. Without any, Password is all that is checked.
	Tokens []string
	// Password is that of the URL that the drain was added with, https://user:password@host/path, at least 16 bytes
	// long. The user is not looked at. Without one, the tokens are all that is checked. One of both must be set; when
	// both are, both must be right.
	Password string
	// ProcessType is whose dynos are meant; "" means "web". Heroku routes requests to web dynos only, so that other
	// types have the signals of load and memory alone.
	ProcessType string
	// ExpectRequests says that there always are requests, as where the bot's heartbeats go through the app's router.
	// Then, without a request for a minute, the signals of requests have no reading, whatever else came.
	ExpectRequests bool
	// Log is told, once a minute at most, of posts that were refused and of lines that were lost. nil means nobody.
	Log *slog.Logger
}

// A Drain takes the posts of Logplex, and tells what they say. Its memory is bounded whatever is posted. It may be used
// by several goroutines at once.
type Drain struct {
	tokens      [][sha256.Size]byte
	password    *[sha256.Size]byte // nil if none is set
	processType string
	requests    bool // are always expected
	log         *slog.Logger
	seed        maphash.Seed
	bodies      chan *bytes.Buffer // as many as may be read at once

	mu     sync.Mutex
	told   [complaints]time.Time // when each was logged
	frames recent
	seen   recent // lines
	ring   ring
	dynos  dynos
	totals Totals

	newest, newestRequest time.Time // by the lines' own clocks
	since                 time.Time // of which on no hole of more than silence is known
	dropped               time.Time // when a post was refused that will not come again
}

// Totals count what came since the Drain was made, for the curious.
type Totals struct {
	// Posts were taken, and Refused not: for their token, their type, their size or their framing. Again counts those
	// of the taken that had been taken before.
	Posts, Refused, Again int
	// Lines were counted. Twice came before, Late are too old to matter, Ahead have a clock that is too far ahead, and
	// Odd are not in any form that Logplex, the router or the runtime metrics use. None of these is counted.
	Lines, Twice, Late, Ahead, Odd int
	// Lost are the lines that Logplex says it could not deliver here (L10), TailLost those that it could not show in
	// `heroku logs --tail` (L11).
	Lost, TailLost int
}

// New returns a Drain that has seen nothing yet, or says all that is wrong with the options. Its errors hold no secret.
func New(o Options) (*Drain, error) {
	o.ProcessType = cmp.Or(o.ProcessType, webType)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if err := o.check(); err != nil {
		return nil, err
	}
	d := &Drain{
		processType: o.ProcessType, requests: o.ExpectRequests, log: o.Log,
		seed: maphash.MakeSeed(), bodies: make(chan *bytes.Buffer, bodiesAtOnce),
		frames: newRecent(framesKept), seen: newRecent(linesKept), ring: newRing(), dynos: dynos{},
	}
	for range bodiesAtOnce {
		d.bodies <- new(bytes.Buffer)
	}
	for _, t := range o.Tokens {
		d.tokens = append(d.tokens, sha256.Sum256([]byte(t)))
	}
	if o.Password != "" {
		sum := sha256.Sum256([]byte(o.Password))
		d.password = &sum
	}
	return d, nil
}

func (o *Options) check() error {
	var wrong []error
	if len(o.Tokens) == 0 && o.Password == "" {
		wrong = append(wrong, errors.New(
			"log drain has neither a token nor a password, so anybody could post to it: `heroku drains --json` "+
				"shows its token"))
	}
	if len(o.Tokens) > mostTokens {
		wrong = append(wrong, fmt.Errorf("log drain has %d tokens, and %d at most are allowed",
			len(o.Tokens), mostTokens))
	}
	for i, t := range o.Tokens {
		if !isToken(t) {
			wrong = append(wrong, fmt.Errorf("token %d of the log drain is not one: it begins with \"d.\", as "+
				"`heroku drains --json` shows it", i+1))
		}
	}
	if n := len(o.Password); n > 0 && n < shortestPassword {
		wrong = append(wrong, fmt.Errorf("password of the log drain has %d bytes, and must have at least %d: "+
			"`openssl rand -hex 16` makes one",
			n, shortestPassword))
	}
	if !isProcessType(o.ProcessType) {
		wrong = append(wrong, fmt.Errorf("process type %q of the log drain is none: it is the name before a colon in "+
			"the Procfile, as \"web\"",
			o.ProcessType))
	}
	return errors.Join(wrong...)
}

func isToken(s string) bool {
	return strings.HasPrefix(s, "d.") && len(s) >= shortestPassword &&
		!strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// It can stand before a colon in a Procfile.
func isProcessType(s string) bool {
	return s != "" && len(s) <= 63 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// Totals returns what was counted so far.
func (d *Drain) Totals() Totals {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.totals
}

type complaint int

const (
	aboutRefused complaint = iota
	aboutLost
	complaints
)

// At most one of a kind a minute. d.mu is held.
func (d *Drain) complain(now time.Time, c complaint, msg string, args ...any) {
	if at := d.told[c]; at.IsZero() || now.Sub(at) >= time.Minute {
		d.told[c] = now
		d.log.Warn(msg, args...)
	}
}
