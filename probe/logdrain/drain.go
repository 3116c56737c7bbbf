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
	window = time.Minute // of a reading
	// Runtime metrics come about every 20 s. Without this limit, old numbers would pass for new ones.
	silence = time.Minute
	// Anybody can guess at the password.
	shortestPassword = 16
	// Several are needed only while one replaces another.
	mostTokens = 8
	ahead      = 30 * time.Second // that a line's clock may be
	// An older line is forged, or is irrelevant now.
	oldest = 70 * time.Minute
	// Logplex repeats a rejected post at once, at most three times.
	framesKept, linesKept = 1 << 12, 1 << 16
)

// Options say whose posts a [Drain] accepts, and what its readings measure.
type Options struct {
	// Tokens are the accepted drain tokens, as `heroku drains --json` shows them: "d." and a UUID. Heroku gives each
	// drain a token and sends it as Logplex-Drain-Token. Without tokens, only Password is checked.
	Tokens []string
	// Password is the password in the drain's URL, https://user:password@host/path, at least 16 bytes long. The user is
	// ignored. Without a password, only the tokens are checked. At least one of Tokens and Password must be set. If
	// both are set, both must match.
	Password string
	// ProcessType is the measured process type; "" means "web". Heroku routes requests only to web dynos, so other
	// types have only the signals of load and memory.
	ProcessType string
	// ExpectRequests says that there are always requests, such as the bot's heartbeats through the app's router. After
	// one minute without a request, the signals of requests then have no reading, whatever other lines came.
	ExpectRequests bool
	// Log receives a warning about refused posts and lost lines, at most one of each kind per minute. nil disables it.
	Log *slog.Logger
}

// A Drain accepts Logplex's posts and measures what they report. Its memory is bounded whatever is posted. It is safe
// for concurrent use.
type Drain struct {
	tokens      [][sha256.Size]byte
	password    *[sha256.Size]byte // nil without a password
	processType string
	requests    bool // are always expected
	log         *slog.Logger
	seed        maphash.Seed
	bodies      chan *bytes.Buffer // the free buffers; their number limits concurrent reads

	mu     sync.Mutex
	told   [complaints]time.Time // when each kind was logged
	frames recent
	seen   recent // lines
	ring   ring
	dynos  dynos
	totals Totals

	newest, newestRequest time.Time // by the lines' own clocks
	since                 time.Time // start of the lines since the last gap longer than silence
	dropped               time.Time // when a post was refused that Logplex will not repeat
}

// Totals counts what came since the Drain was created.
type Totals struct {
	// Posts were accepted. Refused had a wrong token, type, size or framing. Again counts accepted posts that had been
	// accepted before.
	Posts, Refused, Again int
	// Lines were counted. Not counted are: Twice, which came before; Late, which are too old; Ahead, whose clock is too
	// far ahead; Odd, which have no form that Logplex, the router or the runtime metrics use.
	Lines, Twice, Late, Ahead, Odd int
	// Lost are lines that Logplex could not deliver here (L10), TailLost lines that it could not show in `heroku logs
	// --tail` (L11).
	Lost, TailLost int
}

// New returns an empty Drain, or all that is wrong with the options. Its errors hold no secret.
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
		wrong = append(wrong, fmt.Errorf("log drain has %d tokens: the maximum is %d",
			len(o.Tokens), mostTokens))
	}
	for i, t := range o.Tokens {
		if !isToken(t) {
			wrong = append(wrong, fmt.Errorf("token %d of the log drain is invalid: must begin with \"d.\", as "+
				"`heroku drains --json` shows it", i+1))
		}
	}
	if n := len(o.Password); n > 0 && n < shortestPassword {
		wrong = append(wrong, fmt.Errorf("password of the log drain has %d bytes: must have at least %d, "+
			"`openssl rand -hex 16` generates one",
			n, shortestPassword))
	}
	if !isProcessType(o.ProcessType) {
		wrong = append(wrong, fmt.Errorf("process type %q of the log drain is invalid: must be the name before "+
			"a colon in "+
			"the Procfile, such as \"web\"",
			o.ProcessType))
	}
	return errors.Join(wrong...)
}

func isToken(s string) bool {
	return strings.HasPrefix(s, "d.") && len(s) >= shortestPassword &&
		!strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// A name that a Procfile can have before a colon.
func isProcessType(s string) bool {
	return s != "" && len(s) <= 63 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// Totals returns the counts so far.
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

// At most one of each kind per minute. d.mu must be held.
func (d *Drain) complain(now time.Time, c complaint, msg string, args ...any) {
	if at := d.told[c]; at.IsZero() || now.Sub(at) >= time.Minute {
		d.told[c] = now
		d.log.Warn(msg, args...)
	}
}
