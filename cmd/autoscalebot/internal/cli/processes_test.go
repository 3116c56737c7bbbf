//go:build unix

package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// One bot scales two process types, each by its own signal and with its own page.
func TestSeveralProcessTypes(t *testing.T) {
	t.Parallel()
	api := herokutest.NewServer(t)
	app := newHeart(t)
	forest := dancingForest(app.url, 1)
	forest.Formation = append(forest.Formation, herokutest.Process{Type: "worker", Quantity: 1, Command: "./worker"})
	api.AddApp(forest)
	var waiting atomic.Int64
	queue := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, waiting.Load()) }))
	t.Cleanup(queue.Close)
	file := filepath.Join(t.TempDir(), "autoscale.yaml")
	text := `
heroku_app_name: dancing-forest
heroku_api_key: ${KEY}
heroku_api_url: ` + api.URL + `
heartbeat_interval_in_seconds: 0.5
manual_hold_in_minutes: 0
deploy_grace_in_seconds: 0
history: memory
dashboard_addr: 127.0.0.1:0
signals:
  queue: json+` + queue.URL + `#@this
processes:
  web:
    heartbeat_timeout_in_seconds: 0.45
    max_response_time_in_ms: 100
    min_response_time_in_ms: 1
    number_of_fails_to_scale_up_after: 2
    max_dynos: 3
  worker:
    heartbeat_url: none
    max_dynos: 5
    rules:
      - {signal: queue, max: 100, min: 10, fails: 2}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	app.answer(takes(20 * time.Millisecond))
	waiting.Store(50)
	b := start(t, []string{api.Key}, "AUTOSCALE_FILE="+file, "KEY="+api.Key)
	wantAfter := func(processType string, n int) {
		t.Helper()
		b.wait(fmt.Sprintf("%d of %s", n, processType), func() bool { return api.Quantity("dancing-forest", processType) == n })
	}
	waiting.Store(500)
	wantAfter("worker", 5)
	if n := api.Quantity("dancing-forest", "web"); n != 1 {
		t.Errorf("the queue made %d web dynos", n)
	}
	app.answer(takes(130 * time.Millisecond))
	wantAfter("web", 3)
	waiting.Store(0)
	wantAfter("worker", 1)

	at := regexp.MustCompile(`msg=serving at=(http://\S+)`).FindStringSubmatch(b.log.String())
	if at == nil {
		t.Fatal("it does not say where the page is")
	}
	for path, want := range map[string]string{
		"/": "/processes/worker/", "/processes/worker/": "queue is 0", "/readyz": `"ok"`,
		"/metrics": `process_type="worker"`,
	} {
		answer, err := http.Get(at[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(page), want) {
			t.Errorf("%s answered %d without %s: %.300s %v", path, answer.StatusCode, want, page, err)
		}
	}
	b.terminate()
}
