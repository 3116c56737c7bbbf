package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

const (
	// More than 4 hours at a tick every 30 s, while a collector is down. The oldest are dropped.
	longestQueue      = 512
	longestOutage     = time.Minute // between attempts to reach a collector that is down
	longestRetryAfter = 5 * time.Minute
)

// OTLPOptions configure [NewOTLP]. Metrics and Env are required.
type OTLPOptions struct {
	// Metrics are the same as for [Handler]: one for each process type, at least one.
	Metrics []*Metrics
	// Env returns an environment variable, "" if it is not set.
	Env func(name string) string
	// Log gets one line when a collector is unreachable or refuses data, and one when it accepts data again. Nil logs
	// nothing.
	Log *slog.Logger
	// Transport makes the requests; nil means a new one with the certificates that Env names.
	Transport http.RoundTripper
}

// An OTLP is a [bot.Recorder]. It sends each record as a trace, and the metrics at an interval, to an OpenTelemetry
// collector with OTLP over HTTP in protobuf. A slow or unreachable collector does not delay the bot.
type OTLP struct {
	traces *queue // nil if no traces are sent
	loops  sync.WaitGroup
	stop   chan struct{}
	once   sync.Once
	ctx    context.Context // of all requests
	abort  context.CancelFunc

	mu     sync.Mutex // guards unsent
	unsent error
}

// NewOTLP starts the exports that OpenTelemetry's variables ask for; see [WantsOTLP]. It runs until [OTLP.Shutdown].
// The error lists everything that is wrong with the variables, without headers and addresses.
func NewOTLP(o OTLPOptions) (*OTLP, error) {
	config, err := readOTLP(o.Env)
	if err != nil {
		return nil, err
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	e := &OTLP{stop: make(chan struct{})}
	e.ctx, e.abort = context.WithCancel(context.Background())
	about := config.resource(o.Metrics[0].o.Version)
	if c := config.traces; c != nil {
		e.traces = &queue{}
		waiting := batch{queue: e.traces, about: about}
		e.start(newSender("traces", *c, o), waiting.take, waiting.sent)
	}
	if c := config.metrics; c != nil {
		all, started := gatherers(o.Metrics), o.Metrics[0].o.Started
		take := func() proto.Message { return export(all, about, started, time.Now()) }
		e.start(newSender("metrics", *c, o), take, func() {})
	}
	return e, nil
}

// Record queues a tick's record. It does not block or fail.
func (e *OTLP) Record(_ context.Context, r record.Record) error {
	if e.traces != nil {
		e.traces.push(r)
	}
	return nil
}

// Shutdown sends what is queued. It returns when that is done or ctx ends. The error says what did not arrive. Another
// call returns the same result.
func (e *OTLP) Shutdown(ctx context.Context) error {
	defer context.AfterFunc(ctx, e.abort)()
	e.once.Do(func() { close(e.stop) })
	e.loops.Wait()
	e.abort()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unsent
}

// It sends at every interval of s and once more at the end. It calls sent if the message that take returned must not be
// sent again. A nil message is not sent.
func (e *OTLP) start(s *sender, take func() proto.Message, sent func()) {
	send := func() (retryAfter time.Duration, err error) {
		m := take()
		if m == nil {
			return 0, nil
		}
		retryAfter, err = s.send(e.ctx, m)
		var f *failure
		if err == nil || errors.As(err, &f) && !f.again {
			sent()
		}
		return retryAfter, err
	}
	e.loops.Go(func() {
		wait := s.every
		timer := time.NewTimer(wait)
		defer timer.Stop()
		defer s.client.CloseIdleConnections()
		for {
			select {
			case <-e.stop:
				if _, err := send(); err != nil {
					e.mu.Lock()
					defer e.mu.Unlock()
					e.unsent = errors.Join(e.unsent, fmt.Errorf("send %s: %w", s.name, err))
				}
				return
			case <-timer.C:
			}
			switch after, err := send(); {
			case err == nil:
				wait = s.every
			default:
				wait = max(after, s.every, min(2*wait, longestOutage))
			}
			timer.Reset(wait)
		}
	})
}

type queue struct {
	mu      sync.Mutex
	records []record.Record
}

func (q *queue) push(r record.Record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.records = newestOf(append(q.records, r))
}

func (q *queue) drain() []record.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.records
	q.records = nil
	return out
}

func newestOf(records []record.Record) []record.Record {
	return records[max(0, len(records)-longestQueue):]
}

// It is used by one goroutine.
type batch struct {
	queue *queue
	about about
	spans []ticked
}

// It is nil if nothing is queued. A record that is taken again has the same ids.
func (b *batch) take() proto.Message {
	for _, r := range b.queue.drain() {
		b.spans = append(b.spans, trace(r))
	}
	b.spans = b.spans[max(0, len(b.spans)-longestQueue):]
	if len(b.spans) == 0 {
		return nil
	}
	return b.about.traces(b.spans)
}

func (b *batch) sent() { b.spans = nil }
