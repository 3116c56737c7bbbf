package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A lateServers is a pool that learns its servers at the first call of Size.
type lateServers struct {
	bot.Scaler
	err   error
	asked int
}

func (l *lateServers) Size(context.Context) (int, bool, error) {
	l.asked++
	return 1, true, l.err
}

func (l *lateServers) Addresses() []string {
	if l.asked == 0 {
		return nil
	}
	return []string{"127.0.0.1:8080"}
}

func openPooled(t *testing.T, signal string, platform bot.Scaler) (probe.Prober, error) {
	t.Helper()
	var all settings.Signals
	if err := all.Decode(signal); err != nil {
		t.Fatal(err)
	}
	return openNodes(signalSource{all[0], 5 * time.Second, nil, platform, slog.New(slog.DiscardHandler), nil})
}

func TestTheServersOfAPoolAreAsked(t *testing.T) {
	exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if user, _, _ := req.BasicAuth(); user != "bot" || req.URL.Path != "/metrics" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "node_memory_MemTotal_bytes 8e9\nnode_memory_MemAvailable_bytes 2e9\n")
	}))
	defer exporter.Close()
	_, port, _ := net.SplitHostPort(exporter.Listener.Addr().String())
	pool := &lateServers{}
	p, err := openPooled(t, "pool_memory=nodes+pool://bot:s3cr3t@:"+port+"#memory", pool)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Probe(t.Context()); r.Outcome != probe.Answered || r.Value != 75 || r.Signal != "pool_memory" {
		t.Errorf("got %+v", r)
	}
	p.Probe(t.Context())
	if pool.asked != 1 {
		t.Errorf("the pool was asked %d times, want once", pool.asked)
	}
	broken := &lateServers{err: errors.New("list the servers: 503")}
	if p, err = openPooled(t, "m=nodes+pools://:"+port+"#memory", broken); err != nil {
		t.Fatal(err)
	}
	if r := p.Probe(t.Context()); r.Outcome != probe.Unreachable || r.Error != "the list of servers is not known: list the servers: 503" {
		t.Errorf("got %+v", r)
	}
	if r := p.Probe(t.Context()); !strings.Contains(r.Error, "does not speak TLS") {
		t.Errorf("got %+v", r)
	}
}

func TestServersThatCannotBeAsked(t *testing.T) {
	for signal, want := range map[string]string{
		"m=nodes+pool://10.0.0.1:9100#cpu":                   "the URL must have a port and no host, such as http://:9100",
		"m[percentile=x]=nodes+pool://:9100#cpu":             "percentile=x: must be a number above 0 and up to 100",
		"m[may_miss=-1]=nodes+pool://:9100#cpu":              "may_miss=-1: must be the number of machines that may have no value",
		"m[via=127.0.0.1]=nodes+pool://:9100#cpu":            "the proxy must be a URL with a host and a port, such as socks5://127.0.0.1:1080",
		"m[via=socks5://h:1]=nodes+http://10.0.0.1:9100#cpu": "via is only for nodes+pool://. Set HTTP_PROXY instead",
	} {
		if _, err := openPooled(t, signal, &lateServers{}); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", signal, err, want)
		}
	}
	var plain struct{ bot.Scaler }
	if _, err := openPooled(t, "m=nodes+pool://:9100#cpu", plain); err == nil || !strings.HasPrefix(err.Error(), "only PLATFORM=pool knows the addresses of its servers") {
		t.Errorf("got %v", err)
	}
}
