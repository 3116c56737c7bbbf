//go:build linux

package cli

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A node_exporter on every loopback address, whose CPU use is a share from 0 to 1.
func startExporter(t *testing.T, share float64) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	exporter := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := time.Since(begun).Seconds()
		fmt.Fprintf(w, "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} %v\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} %v\n", s*share, s*(1-share))
	})}
	go func() { _ = exporter.Serve(l) }()
	t.Cleanup(func() { _ = exporter.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// The built binary reads the CPU use of a pool's servers, adds servers up to the maximum, and then replaces them by larger ones.
func TestBusyServersAreJoinedByMoreAndReplacedByLargerOnes(t *testing.T) {
	t.Parallel()
	c, port := newCloud(t), startExporter(t, 0.9)
	env := c.env("HEARTBEAT_URL=none", "CONTROL_URL=none", "SIGNALS=pool_cpu=nodes+pool://:"+port+"#cpu", "RULES=pool_cpu fails=2", "SCALE_ORDER=horizontal",
		"MIN_DYNOS=1", "MAX_DYNOS=2", "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "HEALTH_CHECK_PASSES=1", "LOG_LEVEL=debug")
	b := start(t, []string{c.Token}, env...)
	b.wait("a second server", func() bool { return len(c.names("web")) == 2 })
	b.wait("larger ones", func() bool {
		sizes := c.sizes()
		return len(sizes) == 2 && !slices.ContainsFunc(sizes, func(s string) bool { return s != "s-2vcpu-2gb" })
	})
	b.terminate()
	log := b.log.String()
	for _, want := range []string{
		"pool_cpu is 90", "the maximum is 2, so larger servers come next", "resized s-1vcpu-1gb → s-2vcpu-2gb",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

func (c *cloud) sizes() (sizes []string) {
	for _, d := range c.Droplets() {
		if slices.Contains(d.Tags, "autoscalebot:web") {
			sizes = append(sizes, d.Size)
		}
	}
	return sizes
}
