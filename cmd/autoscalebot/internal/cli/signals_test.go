//go:build unix

package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The built binary scales by signals that it requests and by pushed metrics, without a heartbeat.
func TestSignalsEndToEnd(t *testing.T) {
	t.Parallel()
	var waiting atomic.Int64
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "json-pa55word" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprintf(w, `{"queues": {"mail": %d}}`, waiting.Load())
	}))
	t.Cleanup(app.Close)
	waiting.Store(50)

	const token, password = "push-t0ken-0123456789", "drain-pa55word-01234"
	count := filepath.Join(t.TempDir(), "count")
	if err := os.WriteFile(count, []byte("2"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, []string{token, password, "json-pa55word"},
		"PLATFORM=command", "COUNT_COMMAND=cat "+count, "SCALE_COMMAND=echo $DYNOS > "+count, "HEARTBEAT_URL=none", "CONTROL_URL=none",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "MANUAL_HOLD_IN_MINUTES=0", "HISTORY=none", "LOG_LEVEL=debug", "MAX_DYNOS=9", "PATH="+os.Getenv("PATH"),
		"DASHBOARD_ADDR=127.0.0.1:0", "PUSH_TOKEN="+token, "LOGDRAIN_PASSWORD="+password,
		"SIGNALS=mail[unit=jobs]=json+"+strings.Replace(app.URL, "://", "://bot:json-pa55word@", 1)+"#queues.mail; orders=push:orders",
		"RULES=mail max=100 min=10 fails=2; orders per=dyno max=30 fails=2; overload_per_second max=0 fails=1",
	)
	dynos := func() string {
		text, _ := os.ReadFile(count)
		return strings.TrimSpace(string(text))
	}
	want := func(n, why string) {
		t.Helper()
		b.wait(n+" dynos", func() bool { return dynos() == n })
		b.wait("the log to say "+why, func() bool { return strings.Contains(b.log.String(), why) }) // after the change
	}
	var at string
	b.wait("an address", func() bool {
		if m := regexp.MustCompile(`msg=serving at=(http://\S+)`).FindStringSubmatch(b.log.String()); m != nil {
			at = m[1]
		}
		return at != ""
	})
	post := func(path, kind, body, user, password string, status int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.SetBasicAuth(user, password)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("POST %s answered %d, want %d", path, answer.StatusCode, status)
		}
	}
	waiting.Store(500)
	want("3", "mail is 500 jobs, above 100, 2 in a row")
	waiting.Store(5)
	b.wait("the queue to be told as short", func() bool { return strings.Contains(b.log.String(), "mail is 5 jobs, below 10") })
	post("/v1/apps/my-app/metrics", "application/json", `{"instance_index":0,"metrics":[{"name":"orders","value":500,"unit":"orders"}]}`, "app", "wrong", http.StatusUnauthorized)
	if n := dynos(); n < "3" {
		t.Errorf("went down to %s while signals are not known", n)
	}
	before := dynos()
	post("/v1/apps/my-app/metrics", "application/json", `{"instance_index":0,"metrics":[{"name":"orders","value":5000,"unit":"orders"}]}`, "app", token, http.StatusOK)
	b.wait("more dynos for the orders", func() bool { return dynos() > before })
	b.wait("the log to say that the orders called for it", func() bool { return strings.Contains(b.log.String(), "orders per dyno is") })
	post("/metrics/orders", "text/plain", "0", "app", token, http.StatusOK)
	b.wait("the orders to be few", func() bool { return strings.Contains(b.log.String(), "orders per dyno is 0, not above 30") })

	line := "<158>1 " + time.Now().UTC().Format("2006-01-02T15:04:05.000000-07:00") +
		` host heroku router - at=error code=H12 desc="Request timeout" method=GET path="/" host=a.test request_id=1 fwd="192.0.2.1" dyno=web.1 connect=1ms service=30000ms status=503 bytes=0 protocol=https`
	post("/logdrain", "application/logplex-1", fmt.Sprintf("%d %s", len(line), line), "drain", "wrong", http.StatusUnauthorized)
	post("/logdrain", "application/logplex-1", fmt.Sprintf("%d %s", len(line), line), "drain", password, http.StatusNoContent)
	b.terminate()
}
