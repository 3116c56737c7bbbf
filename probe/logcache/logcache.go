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
	// DefaultWindow is App Autoscaler's.
	DefaultWindow = 2 * time.Minute
	// ShortestWindow and LongestWindow limit the window.
	ShortestWindow = 15 * time.Second
	LongestWindow  = 15 * time.Minute
)

// Access is what is needed to read an app's metrics.
type Access struct {
	// URL is Log Cache's, as in https://log-cache.example.com.
	URL string
	// Source is the app's GUID.
	Source string
	// Token is a bearer token of a user or client with access to the app's metrics.
	Token string
}

// Options configure a [Cache].
type Options struct {
	// Access returns access to an app's metrics; it is required. Each probe calls it with refused "". If the token is
	// rejected, the probe calls it once more with that token in refused, and Access must return another. Its error
	// appears in readings, so it must be readable and hold no secret.
	Access func(ctx context.Context, refused string) (Access, error)
	// ProcessType is the process type whose instances count, if the metrics name it; "" means "web".
	ProcessType string
	// Window is the period of a reading, 15 seconds to 15 minutes; 0 means DefaultWindow.
	Window time.Duration
	// Middle is the share of the requests, in per cent from the middle, that Latency is the mean of: above 0 up to 100;
	// 0 means 99.
	Middle float64
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Cache creates probers of an app's signals.
type Cache struct{ o Options }

// New returns a Cache, or all that is wrong with the options. It makes no request.
func New(o Options) (*Cache, error) {
	var wrong []error
	if o.Access == nil {
		wrong = append(wrong, errors.New("access to the metrics is not set"))
	}
	o.ProcessType = cmp.Or(o.ProcessType, "web")
	o.Window = cmp.Or(o.Window, DefaultWindow)
	if o.Window < ShortestWindow || o.Window > LongestWindow {
		wrong = append(wrong, fmt.Errorf("the window is %v: must be 15s to 15m", o.Window))
	}
	o.Middle = cmp.Or(o.Middle, 99)
	if !(o.Middle > 0 && o.Middle <= 100) {
		wrong = append(wrong, fmt.Errorf("the middle is %g %% of the requests: must be above 0 and up to 100",
			o.Middle))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be more than 0", o.Timeout))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("log cache signal: %w", errors.Join(wrong...))
	}
	return &Cache{o}, nil
}

// A Signal is a quantity that Log Cache reports.
type Signal string

const (
	// CPU is the mean of the instances' CPU in "%", as `cf app` shows it: 100 is one core of the machine.
	CPU Signal = probe.CPU
	// CPUUtil is the mean of the instances' CPU in "%" of their entitlement.
	CPUUtil Signal = "cpuutil"
	// Memory is the mean of the instances' memory in "%" of their quota, MemoryUsed in "MB".
	Memory     Signal = probe.Memory
	MemoryUsed Signal = "memoryused"
	// Disk is the mean of the instances' disk in "MB", DiskUtil in "%" of their quota.
	Disk     Signal = "disk"
	DiskUtil Signal = "diskutil"
	// Throughput is "requests/s" per instance. The other signals of requests are about all instances together.
	Throughput Signal = "throughput"
	// Latency is the mean time that the app took for the middle 99 % of the requests, in "ms", without the router's own
	// time if the metrics separate it. Without requests there is no reading.
	Latency Signal = "latency"
	// Latency95 is the same for the middle 95 %.
	Latency95 Signal = "latency_95"
	// ResponseTime is Latency as in App Autoscaler's policies: 0 if instances report metrics and there were no
	// requests.
	ResponseTime Signal = "responsetime"
	// RequestsPerSecond is "requests/s" to all instances.
	RequestsPerSecond Signal = probe.RequestsPerSecond
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of the time that the app took, in "ms".
	ServiceP50 Signal = probe.ServiceP50
	ServiceP95 Signal = probe.ServiceP95
	ServiceP99 Signal = probe.ServiceP99
)

// Signals returns all signals.
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

// Prober returns a [probe.Prober] of a signal, or an error if the signal does not exist. Its readings have the signal's
// name. A reading is a BadAnswer if the window has no data for the signal, or the answer is not Log Cache's. It is a
// ClientError if the credentials may not read the app's metrics, or the app does not exist. It is Unreachable if Access
// fails. The other outcomes are those of a [probe.Heartbeat]. Value is 0 unless the outcome is Answered.
//
// An instance that is silent for 45 seconds while others report is considered gone, and its earlier metrics do not
// count. If nothing is newer than 75 seconds, there is no reading. Log Cache returns 1,000 envelopes at a time. If the
// window has more than 12,000 about requests, the older ones are sampled evenly over it. If it has more than 24,000
// gauges, there is no reading.
func (c *Cache) Prober(s Signal) (probe.Prober, error) {
	if !slices.Contains(Signals(), s) {
		var names []string
		for _, s := range Signals() {
			names = append(names, string(s))
		}
		return nil, fmt.Errorf("%q is not a signal of Log Cache: must be one of %s", string(s),
			strings.Join(names, ", "))
	}
	return prober{o: c.o, name: string(s), signal: s}, nil
}

// Metric returns a prober of the app's own metric, a gauge that its instances send to Log Cache, for example through
// the Metric Registrar or App Autoscaler's metrics forwarder. Its readings have the given name and the metric's unit.
// Like the containers' metrics, they are the mean over the instances and the window.
func (c *Cache) Metric(name, metric string) (probe.Prober, error) {
	if name == "" || metric == "" {
		return nil, errors.New("a metric of Log Cache needs a name")
	}
	return prober{o: c.o, name: name, metric: metric}, nil
}
