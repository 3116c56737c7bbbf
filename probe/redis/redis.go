// Package redis reads the length of queues in Redis or Valkey: lists, streams, sets and sorted sets.
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
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

const maxKeys = 100

// Options configure a [Prober].
type Options struct {
	// Name is the Signal of the readings; "" means "redis".
	Name string
	// URL is the server's: redis://user:password@host:6379/0, or rediss:// for TLS. User, password, port and database
	// are optional. The parameters of well-known clients are accepted: ?db=3 (which overrides the path 0),
	// ?ssl_cert_reqs=none and others, and unix:///run/redis.sock?db=3. Parameters that only tune a client are ignored;
	// unknown ones are rejected.
	URL string
	// Keys are the keys of the queues, 1 to 100. Their lengths are added. A key that does not exist is an empty queue.
	Keys []string
	// Group, if set, counts the entries of streams that this consumer group has not acknowledged: those not delivered
	// yet and those in progress. Otherwise all entries of a stream count, which is useful only if finished entries are
	// deleted. Group requires Redis 7.0 or newer.
	Group string
	// Unit is the Unit of the readings; "" means "jobs".
	Unit string
	// TLS is for rediss; nil means the system's CA certificates. Heroku's servers have self-signed certificates, and
	// need InsecureSkipVerify.
	TLS *tls.Config
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
}

// A Prober is a [probe.Prober] that adds the lengths of queues in Redis. It opens a connection for each probe. It is
// safe for concurrent use.
//
// A probe has one of these outcomes:
//   - Answered: Value is the sum of the lengths.
//   - ClientError: the server rejects the user, the password, a command or the database, a key is not a list, stream or
//     set, or a stream does not have the group.
//   - ServerError: the server has another error: it is loading, for example, or has too many clients.
//   - Timeout, Unreachable: as in a [probe.Heartbeat].
//   - BadAnswer: the server does not speak Redis's protocol, or does not know how much of a stream is left.
//
// Value is 0 unless the outcome is Answered.
type Prober struct {
	client
	name, unit string
	keys       []string
	group      string
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request.
func New(o Options) (*Prober, error) {
	p := &Prober{name: o.Name, unit: o.Unit, keys: slices.Clone(o.Keys), group: o.Group}
	wrong := []error{p.setURL(o.URL, o.TLS)}
	switch {
	case len(o.Keys) == 0 || slices.Contains(o.Keys, ""):
		wrong = append(wrong, errors.New("a key is missing or empty: use the queues' keys, such as queue:default"))
	case len(o.Keys) > maxKeys:
		wrong = append(wrong, fmt.Errorf("%d keys are too many: the maximum is %d", len(o.Keys), maxKeys))
	}
	wrong = append(wrong, p.setTimeout(o.Timeout))
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("redis signal: %w", err)
	}
	p.commands = "SELECT, TYPE, LLEN, XLEN, ZCARD, SCARD and XINFO"
	p.name = cmp.Or(p.name, "redis")
	p.unit = cmp.Or(p.unit, "jobs")
	return p, nil
}

// Probe makes one request and returns its result. It returns no later than the timeout or the end of ctx.
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

// Missing returns the keys that do not exist at present: their queues are empty, or their names are wrong. Redis cannot
// distinguish the two. If the server does not answer, it returns nil.
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
