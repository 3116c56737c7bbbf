// Package logcache reads an app's CPU, memory, requests and latency from Cloud Foundry's Log Cache, as App Autoscaler
// does.
//
//	c, err := logcache.New(logcache.Options{Access: access, Timeout: 5 * time.Second})
//	if err != nil {
//		return err
//	}
//	p, err := c.Prober(logcache.CPU)
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
package logcache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// DefaultWindow is what App Autoscaler looks back on.
	DefaultWindow = 2 * time.Minute
	// ShortestWindow and LongestWindow bound how far back is read.
	ShortestWindow = 15 * time.Second
	LongestWindow  = 15 * time.Minute
)

// Access is what it takes to read an app's metrics.
type Access struct {
	// URL is Log Cache's, as in https://log-cache.example.com.
	URL string
	// Source is the app's GUID.
	Source string
	// Token is a bearer token of a user or client that may read them.
	Token string
}

// Options say what is read.
type Options struct {
	// Access gives access to an app's metrics; it is required. It is called for each probe, and once more in one whose
	// token was refused, which is given to it then, and is "" before: it is to give another. Its errors are told in
	// readings, so they must speak to people and hold no secret.
	Access func(ctx context.Context, refused string) (Access, error)
	// ProcessType is the process type whose instances count, where the metrics tell it; "" means "web".
	ProcessType string
	// Window is how far back is read, 15 seconds to 15 minutes; 0 means DefaultWindow.
	Window time.Duration
	// Middle is how many per cent of the requests the Latency is the mean of, those in the middle, above 0 up to 100; 0
	// means 99.
	Middle float64
	// Timeout bounds a probe as a whole; it is above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Cache makes probers of an app's signals.
type Cache struct{ o Options }

// New returns a Cache, or says all that is wrong with the options. It asks nobody.
func New(o Options) (*Cache, error) {
	var wrong []error
	if o.Access == nil {
		wrong = append(wrong, errors.New("nothing gives access to the metrics"))
	}
	o.ProcessType = cmp.Or(o.ProcessType, "web")
	o.Window = cmp.Or(o.Window, DefaultWindow)
	if o.Window < ShortestWindow || o.Window > LongestWindow {
		wrong = append(wrong, fmt.Errorf("the window is %v, and must be from 15s to 15m", o.Window))
	}
	o.Middle = cmp.Or(o.Middle, 99)
	if !(o.Middle > 0 && o.Middle <= 100) {
		wrong = append(wrong, fmt.Errorf("the middle is %g %% of the requests, and must be above 0 and up to 100",
			o.Middle))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("log cache signal: %w", errors.Join(wrong...))
	}
	return &Cache{o}, nil
}

// A Signal is what a prober reads.
type Signal string

const (
	// CPU is the mean of the instances' CPU in "%", as `cf app` shows it: 100 is one core of the machine.
	CPU Signal = probe.CPU
	// CPUUtil is the mean of the instances' CPU in "%" of what they are entitled to.
	CPUUtil Signal = "cpuutil"
	// Memory is the mean of the instances' memory in "%" of their quota, MemoryUsed that in "MB".
	Memory     Signal = probe.Memory
	MemoryUsed Signal = "memoryused"
	// Disk is the mean of the instances' disk in "MB", DiskUtil that in "%" of their quota.
	Disk     Signal = "disk"
	DiskUtil Signal = "diskutil"
	// Throughput is the number of "requests/s", divided by the instances that there are. Those of other signals are of
	// all together.
	Throughput Signal = "throughput"
	// Latency is the mean of how long the app took for the middle 99 % of the requests, in "ms": without the router's
	// own time, where the metrics tell that apart. There is no reading when there were no requests: nothing is known
	// then of how long one would have taken.
	Latency Signal = "latency"
	// Latency95 is the same of the middle 95 %.
	Latency95 Signal = "latency_95"
	// ResponseTime is the Latency as App Autoscaler's policies take it: 0 where instances tell of themselves and there
	// were no requests.
	ResponseTime Signal = "responsetime"
	// RequestsPerSecond is the number of "requests/s" to all instances.
	RequestsPerSecond Signal = probe.RequestsPerSecond
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of how long the app took, in "ms".
	ServiceP50 Signal = probe.ServiceP50
	ServiceP95 Signal = probe.ServiceP95
	ServiceP99 Signal = probe.ServiceP99
)

// Signals returns all there are.
func Signals() []Signal {
	return []Signal{
		CPU, CPUUtil, Memory, MemoryUsed, Disk, DiskUtil, Throughput, Latency, Latency95,
		ResponseTime, RequestsPerSecond,
		ServiceP50, ServiceP95, ServiceP99,
	}
}

func (s Signal) unit() string {
	if unit, ok := probe.SignalUnit(string(s)); ok {
		return unit
	}
	switch s {
	case CPUUtil, DiskUtil:
		return "%"
	case MemoryUsed, Disk:
		return "MB"
	case Throughput:
		return "requests/s"
	}
	return "ms"
}

// Prober returns a [probe.Prober] of a signal, or says that there is no such signal. Its readings have the signal's
// name. One is a BadAnswer when Log Cache tells nothing of the signal in the window, or something that is none of its
// answers, and a ClientError when these credentials may not read the app's metrics, or there is no such app. The other
// outcomes are those of a [probe.Heartbeat]; where there is no access at all it is Unreachable. Value is 0 unless the
// outcome is Answered.
//
// An instance that has told nothing for 45 seconds while others have is taken to be gone, and what it told before
// doesn't count. Where nothing is newer than 75 seconds there is no reading. Log Cache gives 1,000 envelopes at a time:
// of more than 12,000 about requests in the window, those before are read in part, evenly over it; of more than 24,000
// gauges there is no reading.
func (c *Cache) Prober(s Signal) (probe.Prober, error) {
	if !slices.Contains(Signals(), s) {
		var names []string
		for _, s := range Signals() {
			names = append(names, string(s))
		}
		return nil, fmt.Errorf("%q is no signal of Log Cache: take one of %s", string(s), strings.Join(names, ", "))
	}
	return prober{o: c.o, name: string(s), signal: s}, nil
}

// Metric returns a prober of a metric of the app's own, a gauge of that name which its instances send to Log Cache, as
// by the Metric Registrar or App Autoscaler's metrics forwarder. Its readings are called name. They have the metric's
// unit, and are the mean over the window of the instances, as those of the containers are.
func (c *Cache) Metric(name, metric string) (probe.Prober, error) {
	if name == "" || metric == "" {
		return nil, errors.New("a metric of Log Cache needs a name")
	}
	return prober{o: c.o, name: name, metric: metric}, nil
}
