// Package redis reads how long queues in Redis or Valkey are: lists, streams, and sets, sorted or not.
//
//	p, err := redis.New(redis.Options{
//		URL:     "rediss://:password@redis.example.com:6380/0",
//		Keys:    []string{"queue:default", "queue:mailers"}, // of Sidekiq
//		Timeout: 5 * time.Second,
//	})
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
//
// See docs/signals/redis.md for the keys of well-known job runners.
package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

const maxKeys = 100

// Options say what a [Prober] counts.
type Options struct {
	// Name is the Signal of the readings; "" means "redis".
	Name string
	// URL is the server's: redis://user:password@host:6379/0, or rediss:// for TLS. User, password, port and database
	// may be left out. The parameters of well-known clients are taken too: ?db=3 (which beats the path 0),
	// ?ssl_cert_reqs=none and others, also unix:///run/redis.sock?db=3. What only tunes a client is passed over, and
	// what is not known refused.
	URL string
	// Keys are those of the queues, 1 to 100, whose lengths are summed up. One that does not exist is an empty queue.
	Keys []string
	// Group, unless empty, counts of streams what this consumer group has not acknowledged: what no consumer has been
	// given yet, and what is being worked on. Else all that a stream holds is counted, which says little unless what is
	// done is deleted from it. The server must be Redis 7.0 or newer.
	Group string
	// Unit is the Unit of the readings; "" means "jobs".
	Unit string
	// TLS is for rediss; nil means the system's certificate authorities. Heroku's servers sign their certificates
	// themselves, and need InsecureSkipVerify.
	TLS *tls.Config
	// Timeout bounds a probe as a whole; it is above 0.
	Timeout time.Duration
}

// A Prober is a [probe.Prober] that sums up the lengths of queues in Redis. It opens a connection for each probe, and
// may be used by several goroutines at once.
//
// A probe has one of these outcomes:
//   - Answered: every key's length was told, and Value is their sum.
//   - ClientError: the server refuses the user, the password, a command or the database, a key is no list, stream or
//     set, or a stream has no such group.
//   - ServerError: the server answers with another error: it is loading, or has too many clients.
//   - Timeout, Unreachable: as a [probe.Heartbeat].
//   - BadAnswer: what answers does not speak Redis's protocol, or does not know how much of a stream is left.
//
// Value is 0 unless the outcome is Answered.
type Prober struct {
	name, unit     string
	network, addr  string // "tcp" and host:port, or "unix" and a path
	user, password string
	database       int
	keys           []string
	group          string
	tls            *tls.Config // nil without TLS
	timeout        time.Duration
}

// New returns a Prober, or says all that is wrong with the options, without a secret. It asks nobody.
func New(o Options) (*Prober, error) {
	p := &Prober{name: o.Name, unit: o.Unit, keys: slices.Clone(o.Keys), group: o.Group, timeout: o.Timeout}
	wrong := []error{p.setURL(o.URL, o.TLS)}
	switch {
	case len(o.Keys) == 0 || slices.Contains(o.Keys, ""):
		wrong = append(wrong, errors.New("a key is missing or empty: name those of the queues, like queue:default"))
	case len(o.Keys) > maxKeys:
		wrong = append(wrong, fmt.Errorf("%d keys are too many: %d at the most", len(o.Keys), maxKeys))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("redis signal: %w", err)
	}
	p.name = cmp.Or(p.name, "redis")
	p.unit = cmp.Or(p.unit, "jobs")
	return p, nil
}

// Probe asks once and says what came of it. It returns when the timeout is over or ctx ends at the latest.
func (p *Prober) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	err := p.ask(ctx, func(w *wire) error {
		n, err := p.sum(w)
		r.Value = float64(n)
		return err
	})
	failure.Note(&r, err)
	return r
}

// Missing lists the keys that do not exist now: their queues are empty, or their names are wrong, which Redis cannot
// tell apart. Where it cannot be asked there is none.
func (p *Prober) Missing(ctx context.Context) []string {
	var missing []string
	_ = p.ask(ctx, func(w *wire) error {
		kinds, err := p.kinds(w)
		for i, kind := range kinds {
			if kind == "none" {
				missing = append(missing, p.keys[i])
			}
		}
		return err
	})
	return missing
}

func (p *Prober) ask(parent context.Context, f func(*wire) error) error {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	c, err := p.dial(ctx)
	if err != nil {
		return p.explain(parent, ctx, err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	w := newWire(c)
	if err = p.login(w); err == nil {
		err = f(w)
	}
	if err != nil {
		return p.explain(parent, ctx, err)
	}
	return nil
}

func (p *Prober) dial(ctx context.Context) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, p.network, p.addr)
	if err != nil || p.tls == nil {
		return c, err
	}
	secure := tls.Client(c, p.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		if ctx.Err() != nil { // a server without TLS waits for the end of a line
			err = noHandshake{err}
		}
		return nil, err
	}
	return secure, nil
}
