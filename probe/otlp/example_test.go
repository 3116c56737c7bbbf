package otlp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/otlp"
)

// A worker tells how many jobs wait, by OpenTelemetry, and the bot reads it.
func Example() {
	d, err := otlp.New(otlp.Options{Tokens: []string{"0123456789abcdef0123456789abcdef"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := otlp.ParseQuery("jobs{queue=mail}")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := d.Metric("backlog", q, otlp.Sum) // before the posts, as only what is asked for is kept
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/metrics", d)

	r := httptest.NewRequest(http.MethodPost, "/v1/metrics", strings.NewReader(fmt.Sprintf(`{"resourceMetrics": [{"scopeMetrics": [{"metrics": [
		{"name": "jobs", "unit": "{job}", "gauge": {"dataPoints": [{"timeUnixNano": "%d", "asInt": "7",
			"attributes": [{"key": "queue", "value": {"stringValue": "mail"}}]}]}}]}]}]}`, time.Now().UnixNano())))
	r.Header.Set("Authorization", "Bearer 0123456789abcdef0123456789abcdef")
	r.Header.Set("Content-Type", "application/json")
	mux.ServeHTTP(httptest.NewRecorder(), r)

	reading := p.Probe(context.Background())
	fmt.Println(reading.Value, reading.Unit)
	// Output: 7 job
}

func TestThePageNamesEverySignal(t *testing.T) {
	page, err := os.ReadFile("../../docs/signals/otlp.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range otlp.Signals() {
		if !strings.Contains(string(page), "`"+string(s)+"`") {
			t.Errorf("%s is not there", s)
		}
	}
}
