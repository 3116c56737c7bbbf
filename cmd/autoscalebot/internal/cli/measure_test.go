//go:build unix

package cli

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestCheckShowsWhatIsMeasured(t *testing.T) {
	t.Parallel()
	api, app := herokutest.NewServer(t), newHeart(t)
	api.AddApp(dancingForest(app.url, 1))
	for name, c := range map[string]struct {
		queue    string // reported by the app
		statuses []int  // of successive answers; empty means 200
		env      []string
		code     int
		requests int64
		want     []string
	}{
		"processing": {
			"", nil,
			[]string{"HEARTBEAT_MEASURE=processing"},
			exitFine, 5,
			[]string{"heartbeat ok 200 after ", " ms, processing ", " ms: fast (below 200 ms) the median of 5 heartbeats, ", " DNS 0.0 ms, connect "},
		},
		"the queue, by samples": {
			"0.04", nil,
			[]string{"HEARTBEAT_MEASURE=queue", "HEARTBEAT_SAMPLES=5", "HEARTBEAT_PERCENTILE=90"},
			exitFine, 25,
			[]string{" ms, queue time 0.0 ms: fast (below 200 ms) the median of 5 heartbeats, ", "percentile 90 of 5 requests"},
		},
		"a queue that can't be": {
			"60000", nil,
			[]string{"HEARTBEAT_MEASURE=queue"},
			exitWork, 5,
			[]string{" ms, queue time 60.0 s: slow (above 1000 ms) ", "the clocks of the app and its router differ"},
		},
		"no queue": {
			"", nil,
			[]string{"HEARTBEAT_MEASURE=queue", "HEARTBEAT_SAMPLES=2"},
			exitWork, 2,
			[]string{
				"heartbeat WRONG bad answer: the answer has no X-Queue-Time-Ms header",
				"See examples/heartbeat for how", "percentile 50 of 2 requests",
			},
		},
		"a failure among samples": {
			"",
			[]int{200, 503, 404, 200},
			[]string{"HEARTBEAT_SAMPLES=4", "HEARTBEAT_PERCENTILE=100"},
			exitWork, 20,
			[]string{"heartbeat WRONG server error: status 503 Service Unavailable each at percentile 100 of 4 requests"},
		},
		"a failure among samples that does not count": {
			"",
			[]int{200, 503, 404, 200},
			[]string{"HEARTBEAT_SAMPLES=4", "HEARTBEAT_PERCENTILE=100", "HEARTBEAT_FAIL_ON=timeout"},
			exitFine, 20,
			[]string{"heartbeat ok 200 after "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			app.answer(func(w http.ResponseWriter, _ *http.Request) {
				n := requests.Add(1)
				time.Sleep(50 * time.Millisecond) // a faster one would be a static page
				if c.queue != "" {
					w.Header().Set("X-Queue-Time-Ms", c.queue)
				}
				if c.statuses != nil {
					w.WriteHeader(c.statuses[(n-1)%int64(len(c.statuses))])
				}
			})
			env := append([]string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL}, c.env...)
			o := runOnce(t, env, "check")
			if o.code != c.code || requests.Load() != c.requests {
				t.Errorf("code %d after %d requests, want %d after %d", o.code, requests.Load(), c.code, c.requests)
			}
			for _, want := range c.want {
				if !strings.Contains(oneSpaced(o.stdout), want) {
					t.Errorf("check does not say %q:\n%s", want, o.stdout)
				}
			}
		})
	}
}
