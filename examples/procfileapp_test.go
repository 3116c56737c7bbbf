//go:build unix

package examples

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestProcfileAppIsFasterOnMoreProcesses(t *testing.T) {
	interpreter := python(t, "sys")
	wantText(t, "procfile-app/Procfile", "web: python3 app.py\n")
	var urls []string
	for range 3 {
		urls = append(urls, start(t, nil, interpreter, "procfile-app/app.py"))
	}
	wantAnswer(t, http.MethodGet, urls[0], "", http.StatusOK, "Beat")

	// Eighteen visitors at once: nine rounds of 100 ms on one process, three rounds on three. The first limit holds on
	// any machine; on a busy one the second may need more than one try.
	const nineRounds = 900 * time.Millisecond
	if took := slowest(t, urls[:1], 18); took < nineRounds {
		t.Errorf("the slowest of eighteen took %v on one process, want %v at least", took, nineRounds)
	}
	took := slowest(t, urls, 18)
	for range 4 {
		if took >= nineRounds {
			took = slowest(t, urls, 18)
		}
	}
	if took >= nineRounds {
		t.Errorf("the slowest of eighteen took %v on three processes, want less than %v", took, nineRounds)
	}

	stdout, stderr, code := run(t, nil, interpreter, "procfile-app/load.py", urls[0], "4", "1")
	if code != 0 || !strings.Contains(stdout, " answers, 0 failed, half within ") {
		t.Errorf("load.py: exit %d, %q, %q", code, stdout, stderr)
	}
}

// All visitors request at once, each of the URLs in turn. The result is the longest time.
func slowest(t *testing.T, urls []string, visitors int) time.Duration {
	t.Helper()
	took := make([]time.Duration, visitors)
	var wait sync.WaitGroup
	for i := range took {
		wait.Go(func() {
			begin := time.Now()
			answer, err := client().Get(urls[i%len(urls)])
			if err != nil {
				t.Error(err)
				return
			}
			answer.Body.Close()
			took[i] = time.Since(begin)
		})
	}
	wait.Wait()
	return slices.Max(took)
}
