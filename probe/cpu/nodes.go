package cpu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

const (
	// Beyond this number, Prometheus is the right tool.
	mostNodes   = 256
	nodesAtOnce = 16
)

// NodesOptions configure [Nodes].
type NodesOptions struct {
	// Signal is CPU or Memory.
	Signal Signal
	// Name is the Signal of the readings; "" means "cpu" or "memory".
	Name string
	// URLs are the machines' node_exporters, such as http://10.0.0.1:9100, from 1 to 256. The default path is /metrics.
	// The default query selects only what is needed (collect[]). A user and password in a URL are sent as basic
	// authentication.
	URLs []string
	// Percentile combines the machines' values: above 0 up to 100, by nearest rank; 100 is the highest. 0 means their
	// mean.
	Percentile float64
	// MayMiss is the number of machines that may have no value before the reading fails, from 0 to all but one.
	MayMiss int
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// Nodes is a [probe.Prober] that reads machines' node_exporters. It is safe for concurrent use.
//
// A machine has no value if it does not answer, or if its answer is not node_exporter's or reports a failed collector.
// For CPU it also has no value at its first probe, after a restart (its counters went back), and after ten minutes
// without an answer. If more than MayMiss machines have no value, the reading has the outcome of one of them and says
// how many: Timeout, Unreachable, ClientError, ServerError, or, if the machine answered, BadAnswer. Value is 0 unless
// the outcome is Answered.
type Nodes struct {
	name       string
	signal     Signal
	percentile float64
	mayMiss    int
	timeout    time.Duration
	nodes      []*node
}

type node struct {
	url    *url.URL
	client *web.Client
	meter  meter
}

type taken struct {
	value  float64
	status int
	err    error // a failure.Failure
	// unknown: not a fault, but a value takes two probes of the same run.
	unknown bool
}

// NewNodes returns a Nodes, or all that is wrong with the options, without a secret. It makes no request.
func NewNodes(o NodesOptions) (*Nodes, error) {
	n := &Nodes{name: o.Name, signal: o.Signal, percentile: o.Percentile, mayMiss: o.MayMiss, timeout: o.Timeout}
	n.name = cmp.Or(n.name, string(o.Signal))
	wrong := []error{o.check()}
	for i, raw := range o.URLs {
		one, err := newNode(raw, o)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("machine %d: %w", i+1, err))
		}
		n.nodes = append(n.nodes, one)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("signal of machines: %w", err)
	}
	return n, nil
}

func newNode(raw string, o NodesOptions) (*node, error) {
	u, badURL := web.ParseURL(raw, "http://10.0.0.1:9100")
	header, badHeader := web.Headers(u, "", http.Header{"Accept": {"text/plain;version=0.0.4"}}, o.UserAgent)
	if err := errors.Join(badURL, badHeader); err != nil {
		return nil, err
	}
	ready(u, o.Signal)
	return &node{url: u, client: web.NewClient(header, false)}, nil
}

func ready(u *url.URL, s Signal) {
	if u.Path == "" || u.Path == "/" {
		u.Path = "/metrics"
	}
	if u.RawQuery == "" {
		u.RawQuery = url.Values{"collect[]": {s.collector()}}.Encode()
	}
}

func checkPercentile(p float64) error {
	if math.IsNaN(p) || p < 0 || p > 100 {
		return fmt.Errorf("the percentile is %v: must be above 0 and up to 100, or 0 for the mean", p)
	}
	return nil
}

func checkTimeout(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("the timeout is %v: must be more than 0", d)
	}
	return nil
}

func (o NodesOptions) check() error {
	wrong := []error{o.Signal.check()}
	if n := len(o.URLs); n == 0 || n > mostNodes {
		wrong = append(wrong, fmt.Errorf("there are %d URLs of machines: must be 1 to %d", n, mostNodes))
	}
	wrong = append(wrong, checkPercentile(o.Percentile))
	if n := len(o.URLs); n > 0 && (o.MayMiss < 0 || o.MayMiss >= n) {
		wrong = append(wrong, fmt.Errorf("%d machines may have no value: must be 0 to %d, at least "+
			"one has to", o.MayMiss, n-1))
	}
	return errors.Join(append(wrong, checkTimeout(o.Timeout))...)
}

// Probe reads all machines, up to 16 at once, and returns the result. It returns no later than the timeout or the end
// of parent.
func (n *Nodes) Probe(parent context.Context) probe.Reading {
	ctx, cancel := context.WithTimeout(parent, n.timeout)
	defer cancel()
	r := probe.Reading{Signal: n.name, Time: time.Now(), Unit: unit, Outcome: probe.Answered}
	all := askAll(parent, ctx, n.nodes, n.signal)
	r.Status = all[0].status
	var values []float64
	for _, t := range all {
		if t.err == nil {
			values = append(values, t.value)
			r.Status = t.status
		}
	}
	if len(all)-len(values) <= n.mayMiss {
		r.Value = combine(values, n.percentile)
		return r
	}
	failure.Note(&r, n.explain(parent, all))
	return r
}

func askAll(parent, ctx context.Context, nodes []*node, s Signal) []taken {
	all := make([]taken, len(nodes))
	turns := make(chan struct{}, nodesAtOnce)
	var done sync.WaitGroup
	for i, one := range nodes {
		turns <- struct{}{}
		done.Go(func() {
			all[i] = one.take(parent, ctx, s)
			<-turns
		})
	}
	done.Wait()
	return all
}

func (n *Nodes) explain(parent context.Context, all []taken) failure.Failure {
	if f, ok := failure.Canceled(parent); ok {
		return f
	}
	missing, first := 0, failure.Failure{}
	for i, t := range all {
		var f failure.Failure
		if !errors.As(t.err, &f) {
			continue
		}
		if missing++; missing == 1 {
			first = f
			if len(all) > 1 {
				first.Text = fmt.Sprintf("machine %d: %s", i+1, f.Text)
			}
		}
	}
	if len(all) > 1 {
		first.Text = fmt.Sprintf("%d of %d machines have no value, but only %d may: %s", missing, len(all),
			n.mayMiss, first.Text)
	}
	return first
}

func (o *node) take(parent, ctx context.Context, s Signal) taken {
	status, body, err := o.client.Get(parent, ctx, o.url)
	if err != nil {
		return taken{status: status, err: err}
	}
	value, err := o.judge(body, s, time.Now())
	unknown := errors.Is(err, errUnknownYet) || errors.Is(err, errRestarted)
	if err != nil {
		err = failure.Bad("%v", err)
	}
	return taken{value, status, err, unknown}
}

func (o *node) judge(body []byte, s Signal, now time.Time) (float64, error) {
	page, err := parse(body)
	if err != nil {
		return 0, err
	}
	if page.failed[s.collector()] {
		return 0, fmt.Errorf("node_exporter's collector %s failed, so its values may be "+
			"incomplete", s.collector())
	}
	if s == Memory {
		return page.memory()
	}
	u, err := page.usage(now)
	if err != nil {
		return 0, err
	}
	return o.meter.take(u)
}

func combine(values []float64, percentile float64) float64 {
	if percentile > 0 {
		slices.Sort(values)
		return values[max(0, int(math.Ceil(percentile/100*float64(len(values))))-1)]
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
