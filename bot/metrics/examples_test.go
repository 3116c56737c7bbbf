package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Every metric is present.
func complete(t *testing.T) *metrics.Metrics {
	t.Helper()
	o := options()
	o.History = func() (int, uint64) { return 0, 0 }
	m := metrics.New(o)
	next := scaled()
	next.Time = noon.Add(31 * time.Second)
	next.Action = record.Held
	keep(t, m, scaled(), next)
	return m
}

func names(t *testing.T, m *metrics.Metrics) map[string]bool {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for name, f := range families {
		out[name] = true
		if f.GetType().String() == "HISTOGRAM" {
			out[name+"_bucket"], out[name+"_sum"], out[name+"_count"] = true, true, true
		}
	}
	return out
}

// The tools are in Debian's package prometheus.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing: on Debian it is in the package prometheus", name)
	}
	return path
}

func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool(t, "promtool"), args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func example(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "examples", path))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMetricsKeepPrometheusRules(t *testing.T) {
	var own strings.Builder
	for line := range strings.Lines(text(t, complete(t))) {
		if strings.Contains(line, "autoscalebot_") { // Go's own metrics have other names
			own.WriteString(line)
		}
	}
	promtool(t, own.String(), "check", "metrics")
}

func TestAlertRulesSpeakWhenTheyShould(t *testing.T) {
	promtool(t, "", "check", "rules", "../../examples/prometheus/alerts.yml")
	promtool(t, "", "check", "config", "../../examples/prometheus/prometheus.yml")
	promtool(t, "", "test", "rules", "../../examples/prometheus/alerts_test.yml")
}

func TestEveryAlertIsTested(t *testing.T) {
	tests := string(example(t, "prometheus/alerts_test.yml"))
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllSubmatch(example(t, "prometheus/alerts.yml"), -1)
	for _, a := range alerts {
		if !regexp.MustCompile(`alertname: ` + string(a[1]) + "\n *exp_alerts:").MatchString(tests) {
			t.Errorf("no test sees %s speak", a[1])
		}
	}
	if len(alerts) == 0 {
		t.Error("there are no alerts")
	}
}

func expressions(t *testing.T) (exprs, queries []string) {
	t.Helper()
	var dashboard any
	if err := json.Unmarshal(example(t, "grafana/autoscalebot.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for key, e := range v {
				switch s, ok := e.(string); {
				case ok && key == "expr":
					exprs = append(exprs, s)
				case ok && key == "definition":
					queries = append(queries, s)
				}
				walk(e)
			}
		}
	}
	walk(dashboard)
	return exprs, queries
}

func TestEveryMetricOfTheExamplesExists(t *testing.T) {
	have := names(t, complete(t))
	exprs, queries := expressions(t)
	used := map[string]bool{}
	for _, text := range append(slices.Concat(exprs, queries), string(example(t, "prometheus/alerts.yml")), string(example(t, "prometheus/alerts_test.yml"))) {
		for _, name := range regexp.MustCompile(`autoscalebot_\w+`).FindAllString(text, -1) {
			if used[name] = true; !have[name] {
				t.Errorf("there is no metric %s", name)
			}
		}
	}
	if len(exprs) < 20 || len(queries) != 2 {
		t.Errorf("only %d expressions and %d queries found", len(exprs), len(queries))
	}
	for name := range have {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		shown := used[base] || used[base+"_bucket"] || used[base+"_sum"]
		if unseen := []string{"autoscalebot_settled", "autoscalebot_paused", "autoscalebot_start_time_seconds"}; strings.HasPrefix(name, "autoscalebot_") && !shown && !slices.Contains(unseen, base) {
			t.Errorf("nothing shows %s", name)
		}
	}
}

// Grafana replaces its variables by these.
var variables = strings.NewReplacer("$__rate_interval", "1m", "$app", "dancing-forest", "$process_type", "web")

func TestTheDashboardAsksWhatPrometheusUnderstands(t *testing.T) {
	exprs, _ := expressions(t)
	var rules bytes.Buffer
	rules.WriteString("groups: [{name: dashboard, rules: [\n")
	for i, e := range exprs {
		text, err := json.Marshal(variables.Replace(e)) // JSON is YAML
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&rules, "{record: 'r:%d', expr: %s},\n", i, text)
	}
	rules.WriteString("]}]\n")
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, rules.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
}

// The panels lie side by side. Each has a title, an explanation and an id, and uses the selected datasource.
func TestTheDashboardIsWellLaidOut(t *testing.T) {
	var d struct {
		Panels []struct {
			ID          int
			Type, Title string
			Description string
			GridPos     struct{ H, W, X, Y int }
			Datasource  struct{ UID string }
			Targets     []struct{ Datasource struct{ UID string } }
		}
	}
	if err := json.Unmarshal(example(t, "grafana/autoscalebot.json"), &d); err != nil {
		t.Fatal(err)
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && p.Description == "" {
			t.Errorf("panel %d %q: has its id another one, or has it no title or description?", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies on %q, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, q := range p.Targets {
			if q.Datasource.UID != "${datasource}" {
				t.Errorf("panel %q asks %q", p.Title, q.Datasource.UID)
			}
		}
	}
}

// A Prometheus with the example's settings scrapes the bot, accepts its rules, and answers the dashboard's queries.
func TestARealPrometheusScrapesTheBot(t *testing.T) {
	program := tool(t, "prometheus")
	m := complete(t)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(m))
	server := httptest.NewServer(mux)
	defer server.Close()
	dir := t.TempDir()
	settings := strings.Replace(string(example(t, "prometheus/prometheus.yml")), "localhost:8080", server.Listener.Addr().String(), 1)
	settings = strings.ReplaceAll(settings, "15s", "100ms")
	for name, text := range map[string]string{"prometheus.yml": settings, "alerts.yml": string(example(t, "prometheus/alerts.yml"))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	address := porttest.Addr(t)
	cmd := exec.CommandContext(ctx, program, "--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/data", "--web.listen-address="+address, "--log.level=warn")
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	p := prometheus{ctx, "http://" + address}
	await(t, ctx, "scraped nothing", func() bool { return p.ask("autoscalebot_dynos") == "2" })
	// A scrape that takes longer than its 100 ms is repeated.
	for query, want := range map[string]string{
		`autoscalebot_ticks_total{action="scaled",app="dancing-forest",process_type="web",job="autoscalebot"}`: "1",
		`up`: "1",
	} {
		await(t, ctx, "did not scrape "+query, func() bool { return p.ask(query) == want })
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	await(t, ctx, "evaluated no rule", func() bool {
		return p.get("/api/v1/rules", nil, &rules) == nil && len(rules.Data.Groups) == 1 && !strings.Contains(fmt.Sprint(rules), " unknown ")
	})
	for _, r := range rules.Data.Groups[0].Rules {
		if r.Health != "ok" {
			t.Errorf("rule %s: %s %s", r.Name, r.Health, r.LastError)
		}
	}
	exprs, _ := expressions(t)
	empty := map[string]bool{}
	await(t, ctx, "answered not all that the dashboard asks", func() bool {
		clear(empty)
		for _, e := range exprs {
			if !strings.Contains(e, "> 0") && p.ask(variables.Replace(e)) == "" {
				empty[e] = true
			}
		}
		return len(empty) == 0
	})
	if len(empty) > 0 {
		t.Errorf("no answer to %q", slices.Sorted(maps.Keys(empty)))
	}
}

// It fails the test if ctx ends first.
func await(t *testing.T, ctx context.Context, not string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("Prometheus %s", not)
		case <-tick.C:
		}
	}
}

type prometheus struct {
	ctx context.Context
	url string
}

func (p prometheus) ask(query string) string {
	var got struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if p.get("/api/v1/query", url.Values{"query": {query}}, &got) != nil || len(got.Data.Result) == 0 {
		return ""
	}
	return fmt.Sprint(got.Data.Result[0].Value[1])
}

func (p prometheus) get(path string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.url+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Close = true // so that no connection is left
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
