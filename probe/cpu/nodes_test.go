package cpu_test

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
)

const patient = 10 * time.Second // no test is to reach it

type exporter struct {
	*httptest.Server
	page atomic.Value // a string; "" is a failure
}

func newExporter(t testing.TB, page string) *exporter {
	e := &exporter{}
	e.page.Store(page)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		switch text := e.page.Load().(string); {
		case user != "bot" || password != "s3cr3t":
			w.WriteHeader(http.StatusUnauthorized)
			_ = req.Write(w) // all it knows
		case req.URL.Path != "/metrics" || len(req.URL.Query()["collect[]"]) != 1:
			w.WriteHeader(http.StatusNotFound)
		case text == "":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			_, _ = io.WriteString(w, text)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *exporter) url() string { return "http://bot:s3cr3t@" + e.Listener.Addr().String() }

func seconds(busy, idle float64) string {
	var b strings.Builder
	b.WriteString("# HELP node_cpu_seconds_total Seconds.\n# TYPE node_cpu_seconds_total counter\n")
	for i := range 2 {
		for mode, s := range map[string]float64{"user": busy / 4, "system": busy / 4, "idle": idle / 4, "iowait": idle / 4} {
			fmt.Fprintf(&b, "node_cpu_seconds_total{cpu=\"%d\",mode=%q} %v\n", i, mode, s)
		}
	}
	return b.String()
}

const memoryPage = "node_memory_MemTotal_bytes 8e+09\nnode_memory_MemAvailable_bytes 2e+09\n"

func nodes(t testing.TB, o cpu.NodesOptions, all ...*exporter) *cpu.Nodes {
	t.Helper()
	for _, e := range all {
		o.URLs = append(o.URLs, e.url())
	}
	o.Signal = cmp.Or(o.Signal, cpu.CPU)
	o.Timeout = cmp.Or(o.Timeout, patient)
	n, err := cpu.NewNodes(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMachinesConform(t *testing.T) {
	e := newExporter(t, memoryPage)
	with := func(password string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			return cpu.NewNodes(cpu.NodesOptions{Signal: cpu.Memory, Name: "ram", URLs: []string{"http://bot:" + password + "@" + addr}, Timeout: timeout})
		}
	}
	probertest.Run(t, probertest.Fixture{
		Addr: e.Listener.Addr().String(), New: with("s3cr3t"), Refused: with("s3cr3t-wrong"),
		Want:    probe.Reading{Signal: "ram", Value: 75, Unit: "%", Status: 200},
		Secrets: []string{"s3cr3t", "Ym90OnMzY3IzdA"},
	})
}

// A machine may be measured again then.
func later() { time.Sleep(110 * time.Millisecond) }

func TestMachinesAreCombined(t *testing.T) {
	a, b, c := newExporter(t, seconds(100, 100)), newExporter(t, seconds(7, 7)), newExporter(t, seconds(0, 50))
	mean := nodes(t, cpu.NodesOptions{}, a, b, c)
	p50 := nodes(t, cpu.NodesOptions{Percentile: 50}, a, b, c)
	most := nodes(t, cpu.NodesOptions{Percentile: 100}, a, b, c)
	for _, n := range []*cpu.Nodes{mean, p50, most} {
		want(t, n, 0, "3 of 3 machines have no value, but only 0 may: machine 1: "+unknownYet)
	}
	a.page.Store(seconds(110, 190)) // 10 %
	b.page.Store(seconds(97, 17))   // 90 %
	c.page.Store(seconds(2, 58))    // 20 %
	later()
	want(t, mean, 40, "")
	want(t, p50, 20, "")
	want(t, most, 90, "")
}

// What node_exporter tells where its collector failed may be a part of the truth.
func TestCollectorsThatFail(t *testing.T) {
	const success = "# TYPE node_scrape_collector_success gauge\nnode_scrape_collector_success{collector=\"%s\"} %d\n"
	for _, c := range []struct {
		collector string
		succeeded int
		value     float64
		why       string
	}{
		{"meminfo", 1, 75, ""},
		{"cpu", 0, 75, ""}, // which is not asked for
		{"meminfo", 0, 0, "node_exporter's collector meminfo failed, so its values may be incomplete"},
	} {
		e := newExporter(t, memoryPage+fmt.Sprintf(success, c.collector, c.succeeded))
		want(t, nodes(t, cpu.NodesOptions{Signal: cpu.Memory}, e), c.value, c.why)
	}
	e := newExporter(t, seconds(100, 100))
	n := nodes(t, cpu.NodesOptions{}, e)
	n.Probe(t.Context())
	e.page.Store(seconds(110, 190) + fmt.Sprintf(success, "cpu", 0))
	later()
	want(t, n, 0, "node_exporter's collector cpu failed, so its values may be incomplete")
}

func TestMachinesThatSayNothing(t *testing.T) {
	a, b, c := newExporter(t, seconds(0, 0)), newExporter(t, seconds(0, 0)), newExporter(t, seconds(0, 0))
	strict, lenient := nodes(t, cpu.NodesOptions{}, a, b, c), nodes(t, cpu.NodesOptions{MayMiss: 1}, a, b, c)
	step := func(n float64) {
		for _, e := range []*exporter{a, b, c} {
			if e.page.Load() != "" {
				e.page.Store(seconds(3*n, n))
			}
		}
		later()
	}
	strict.Probe(t.Context())
	lenient.Probe(t.Context())
	b.page.Store("")
	step(1)
	r := strict.Probe(t.Context())
	if r.Outcome != probe.ServerError || r.Error != "1 of 3 machines have no value, but only 0 may: machine 2: status 503 Service Unavailable" || r.Value != 0 {
		t.Errorf("got %+v", r)
	}
	want(t, lenient, 75, "")
	b.page.Store(seconds(3, 1))
	step(2) // b is measured over two steps
	want(t, strict, 75, "")
	a.page.Store(seconds(3, 1)) // restarted
	later()
	want(t, strict, 0, "3 of 3 machines have no value, but only 0 may: machine 1: "+restarted)
	step(9)
	want(t, strict, 75, "")
	c.Close()
	b.Close()
	step(10)
	if r := lenient.Probe(t.Context()); r.Outcome != probe.Unreachable ||
		!strings.HasPrefix(r.Error, "2 of 3 machines have no value, but only 1 may: machine 2: connection refused by 127.0.0.1:") {
		t.Errorf("got %+v", r)
	}
}

func TestPagesThatTellNothing(t *testing.T) {
	const noPage = "the answer is not node_exporter's: check the URL"
	for page, why := range map[string]string{
		"# nothing\n":       "the answer has no node_cpu_seconds_total: check that the URL is a node_exporter's, with its collector cpu",
		"<html></html>\n":   noPage,
		memoryPage:          "the answer has no node_cpu_seconds_total: check that the URL is a node_exporter's, with its collector cpu",
		"node_cpu_seconds_": noPage,
		"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} NaN\n":   "the answer has an invalid node_cpu_seconds_total of NaN",
		"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} -1\n":    "the answer has an invalid node_cpu_seconds_total of -1",
		"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} +Inf\n":  "the answer has an invalid node_cpu_seconds_total of +Inf",
		"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1e300\n": "the answer has an invalid node_cpu_seconds_total of 1e+300",
	} {
		want(t, nodes(t, cpu.NodesOptions{}, newExporter(t, page)), 0, why)
	}
	for _, page := range []string{"node_memory_MemTotal_bytes 8e9\n", "node_memory_MemTotal_bytes NaN\nnode_memory_MemAvailable_bytes 1\n"} {
		want(t, nodes(t, cpu.NodesOptions{Signal: cpu.Memory}, newExporter(t, page)), 0,
			"the answer has no node_memory_MemTotal_bytes or node_memory_MemAvailable_bytes: check that the URL is a node_exporter's, with its collector meminfo")
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := cpu.NewNodes(cpu.NodesOptions{
		Signal: "disk", URLs: []string{"http://bot:s3cr3t@10.0.0.1:9100", "10.0.0.2:9100"}, Percentile: 101, MayMiss: 2,
	})
	const want = `signal of machines: "disk" is not a signal of a machine: must be cpu or memory
the percentile is 101: must be above 0 and up to 100, or 0 for the mean
2 machines may have no value: must be 0 to 1, at least one has to
the timeout is 0s: must be more than 0
machine 2: the URL is invalid, perhaps because of a space, a wrong port or a wrong %-escape: use a URL such as http://10.0.0.1:9100`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := cpu.NewNodes(cpu.NodesOptions{Signal: cpu.CPU, Timeout: patient}); err == nil ||
		err.Error() != "signal of machines: there are 0 URLs of machines: must be 1 to 256" {
		t.Errorf("got %v", err)
	}
}

func TestNodeExporter(t *testing.T) {
	addr := startNodeExporter(t)
	urls := []string{"http://" + addr}
	n := nodes(t, cpu.NodesOptions{URLs: urls, Timeout: patient})
	want(t, n, 0, unknownYet)
	var r probe.Reading
	for until := time.Now().Add(patient); time.Now().Before(until); { // which keeps the CPU busy until it counts
		if r = n.Probe(t.Context()); r.Outcome == probe.Answered && r.Value > 0 {
			break
		}
	}
	if r.Outcome != probe.Answered || r.Value <= 0 || r.Value > 100 || r.Status != 200 {
		t.Errorf("cpu: got %+v", r)
	}
	machine, err := cpu.New(cpu.Options{Signal: cpu.Memory, Root: "/"})
	if err != nil {
		t.Fatal(err)
	}
	there, here := nodes(t, cpu.NodesOptions{Signal: cpu.Memory, URLs: urls}).Probe(t.Context()), machine.Probe(t.Context())
	if there.Outcome != probe.Answered || there.Value <= 0 || there.Value > 100 || here.Outcome != probe.Answered {
		t.Errorf("memory: got %+v there and %+v here", there, here)
	}
	// The whole page, with all that it collects, is read as well.
	want := nodes(t, cpu.NodesOptions{Signal: cpu.Memory, URLs: []string{"http://" + addr + "/metrics?all=1"}}).Probe(t.Context())
	if want.Outcome != probe.Answered || math.Abs(want.Value-there.Value) > 20 {
		t.Errorf("memory on the whole page: got %+v, and %+v before", want, there)
	}
}

func startNodeExporter(t testing.TB) string {
	t.Helper()
	return startNodeExporterAt(t, "127.0.0.1:0")
}

func startNodeExporterAt(t testing.TB, addr string) string {
	t.Helper()
	path, err := exec.LookPath("prometheus-node-exporter")
	if err != nil {
		t.Skip("node_exporter is not installed (Debian: apt-get install prometheus-node-exporter)")
	}
	cmd := exec.Command(path, "--web.listen-address="+addr)
	// such as "Listening on" address=127.0.0.1:40123
	return childtest.Start(t, cmd, regexp.MustCompile(`(?i)listening on.*(127\.0\.0\.\d:\d+)`))[1]
}

func FuzzPages(f *testing.F) {
	for _, s := range []string{
		seconds(1, 2) + memoryPage, seconds(2, 3) + memoryPage, memoryPage, "", "a 1 2 3\n", "# TYPE node_cpu_seconds_total histogram\n",
		"node_cpu_seconds_total{cpu=\"0\"} 1e12\nnode_memory_MemTotal_bytes 1\nnode_memory_MemAvailable_bytes +Inf\n",
	} {
		f.Add([]byte(seconds(1, 1)), []byte(s))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c, m, err := cpu.ReadPage(first, second)
		if !(c >= 0 && c <= 100 && m >= 0 && m <= 100) || err != nil && c != 0 {
			t.Errorf("got %v, %v, %v", c, m, err)
		}
	})
}
