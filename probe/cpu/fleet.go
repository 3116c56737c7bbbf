package cpu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

// MostMayMiss makes a reading fail only if more than half of the servers fail, or the only one.
const MostMayMiss = -1

// FleetOptions configure a [Fleet]. Hosts, URL, Signal and Timeout are required.
type FleetOptions struct {
	// Signal is CPU or Memory.
	Signal Signal
	// Name is the Signal of the readings; "" means "cpu" or "memory".
	Name string
	// Hosts returns the addresses or names of the present servers. Ports in them are ignored. It must return no later
	// than ctx ends. Its error must be readable and hold no secret.
	Hosts func(ctx context.Context) ([]string, error)
	// URL is each node_exporter's, without a host, such as http://:9100; otherwise as in [NodesOptions].
	URL string
	// Percentile is as in NodesOptions.
	Percentile float64
	// MayMiss is the number of servers that may fail before the reading fails, 0 or more, or MostMayMiss.
	MayMiss int
	// Via is the proxy for all requests, such as socks5://127.0.0.1:1080; "" means the environment's proxy, if any
	// (HTTP_PROXY).
	Via string
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
	// Log receives a line for each server that begins to fail and each that recovers. nil disables it.
	Log *slog.Logger
}

// A Fleet is a [probe.Prober] that reads the node_exporters of servers that come and go. It is safe for concurrent use.
//
// CPU is measured from one probe to the next. So a new or restarted server is unknown at first: it counts neither as a
// value nor as a failure. A server that has gone is forgotten. The reading fails if too many servers fail, if no value
// is known, or if there is no server or more than 256. Its outcome is then the first failed server's, or BadAnswer.
type Fleet struct {
	name       string
	signal     Signal
	percentile float64
	mayMiss    int
	timeout    time.Duration
	hosts      func(context.Context) ([]string, error)
	url        url.URL
	client     *web.Client
	log        *slog.Logger

	mu    sync.Mutex
	nodes map[string]*node // by host
	fails map[string]bool  // hosts that failed at the last probe
}

// NewFleet returns a Fleet, or all that is wrong with the options, without a secret. It makes no request.
func NewFleet(o FleetOptions) (*Fleet, error) {
	const example = "http://:9100"
	f := &Fleet{
		name: o.Name, signal: o.Signal, percentile: o.Percentile, mayMiss: o.MayMiss, timeout: o.Timeout,
		hosts: o.Hosts, log: o.Log,
		nodes: map[string]*node{}, fails: map[string]bool{},
	}
	f.name = cmp.Or(f.name, string(o.Signal))
	f.log = cmp.Or(f.log, slog.New(slog.DiscardHandler))
	wrong := []error{o.Signal.check(), checkPercentile(o.Percentile), checkTimeout(o.Timeout)}
	if o.Hosts == nil {
		wrong = append(wrong, errors.New("the list of servers is not set"))
	}
	if o.MayMiss < MostMayMiss {
		wrong = append(wrong, fmt.Errorf("%d servers may fail: must be 0 or more", o.MayMiss))
	}
	var via *url.URL
	if o.Via != "" {
		var err error
		if via, err = parseVia(o.Via); err != nil {
			wrong = append(wrong, err)
		}
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		wrong = append(wrong, errors.New("the URL is invalid, perhaps because of a space, a wrong port or a wrong "+
			"%-escape: use a URL such as "+example))
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() != "" || u.Port() == "":
		wrong = append(wrong, errors.New("the URL must have a port and no host, such as "+example))
	default:
		ready(u, o.Signal)
		header, err := web.Headers(u, "", http.Header{"Accept": {"text/plain;version=0.0.4"}}, o.UserAgent)
		wrong = append(wrong, err)
		f.url, f.client = *u, web.NewClient(header, false)
		if via != nil {
			f.client.Via(via)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("signal of servers: %w", err)
	}
	return f, nil
}

// Errors quote nothing of the URL.
func parseVia(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || !slices.Contains([]string{"socks5", "socks5h", "http", "https"}, u.Scheme) ||
		u.Hostname() == "" || u.Port() == "" {
		return nil, errors.New("the proxy must be a URL with a host and a port, such as socks5://127.0.0.1:1080")
	}
	return u, nil
}

// Probe reads all servers, up to 16 at once. It returns no later than the timeout or the end of parent.
func (f *Fleet) Probe(parent context.Context) probe.Reading {
	ctx, cancel := context.WithTimeout(parent, f.timeout)
	defer cancel()
	r := probe.Reading{Signal: f.name, Time: time.Now(), Unit: unit, Outcome: probe.BadAnswer}
	hosts, err := f.hosts(ctx)
	hosts = names(hosts)
	if why, ok := failure.Ended(parent, ctx, nil, "the list of servers did not come in time"); ok {
		failure.Note(&r, why)
		return r
	}
	switch n := len(hosts); {
	case err != nil:
		r.Outcome, r.Error = probe.Unreachable, fmt.Sprintf("the list of servers is not known: %v", err)
		return r
	case n == 0:
		r.Error = "there are no servers"
		return r
	case n > mostNodes:
		r.Error = fmt.Sprintf("there are %d servers: the maximum is %d, use Prometheus", n, mostNodes)
		return r
	}
	f.sum(parent, &r, hosts, askAll(parent, ctx, f.follow(hosts), f.signal))
	return r
}

func names(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			host = strings.Trim(a, "[]")
		}
		if host != "" && !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}

func (f *Fleet) follow(hosts []string) []*node {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := make(map[string]*node, len(hosts))
	out := make([]*node, len(hosts))
	for i, host := range hosts {
		n := f.nodes[host]
		if n == nil {
			u := f.url
			u.Host = net.JoinHostPort(host, f.url.Port())
			n = &node{url: &u, client: f.client}
		}
		next[host], out[i] = n, n
	}
	f.nodes = next
	maps.DeleteFunc(f.fails, func(host string, _ bool) bool { return next[host] == nil })
	return out
}

func (f *Fleet) sum(parent context.Context, r *probe.Reading, hosts []string, all []taken) {
	var values []float64
	var first, unknown error
	failed, who := 0, ""
	for i, t := range all {
		switch {
		case t.err == nil:
			values = append(values, t.value)
			r.Status = t.status
		case t.unknown:
			unknown = t.err
		default:
			if failed++; first == nil {
				first, who = t.err, hosts[i]
				r.Status = t.status
			}
		}
		if parent.Err() == nil {
			f.note(hosts[i], t)
		}
	}
	if why, ok := failure.Canceled(parent); ok {
		failure.Note(r, why)
		return
	}
	few := failed <= f.mayMiss
	if f.mayMiss == MostMayMiss {
		few = 2*failed <= len(all)
	}
	var why failure.Failure
	switch {
	case few && len(values) > 0:
		r.Outcome, r.Value = probe.Answered, combine(values, f.percentile)
	case errors.As(first, &why):
		r.Outcome, r.Error = why.Outcome,
			fmt.Sprintf("%d of %d servers have no value; %s: %s", failed, len(all), who, why.Text)
	default:
		r.Error = unknown.Error()
	}
}

func (f *Fleet) note(host string, t taken) {
	f.mu.Lock()
	defer f.mu.Unlock()
	failed := t.err != nil && !t.unknown
	switch before := f.fails[host]; {
	case failed && !before:
		f.fails[host] = true
		f.log.Warn("a server has no value and is left out", "signal", f.name, "server", host, "error", t.err)
	case before && t.err == nil:
		delete(f.fails, host)
		f.log.Info("a server has a value again", "signal", f.name, "server", host)
	}
}
