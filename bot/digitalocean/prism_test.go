package digitalocean_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func prism(t *testing.T, specification string) (url string) {
	t.Helper()
	path := os.Getenv("PRISM")
	if path == "" {
		found, err := exec.LookPath("prism")
		if err != nil {
			t.Skip("Prism is not installed: npm i @stoplight/prism-cli, then set PRISM to node_modules/.bin/prism, or put it on the PATH")
		}
		path = found
	}
	port := porttest.Port(t)
	var log strings.Builder
	cmd := exec.Command(path, "mock", "--errors", "--multiprocess=false", "-h", "127.0.0.1", "-p", port, specification)
	cmd.Env = []string{"PATH=" + filepath.Dir(path) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR=1"}
	cmd.Stdout, cmd.Stderr = &log, &log
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it was killed
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%.4000s", log.String())
		}
	})
	url = fmt.Sprintf("http://127.0.0.1:%s", port)
	// Prism takes about 20 s to read the whole specification.
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("prism has ended: %s", log.String())
		default:
		}
		if resp, err := http.Get(url + "/v2/sizes"); err == nil {
			_ = resp.Body.Close()
			return url
		}
	}
	t.Fatal("prism does not answer after 2 minutes")
	return ""
}

func TestPrismTakesTheRequests(t *testing.T) {
	url := prism(t, specification(t))
	for _, c := range everything(t) {
		if c.Status == http.StatusUnauthorized || c.Status == http.StatusTooManyRequests {
			continue
		}
		req, err := http.NewRequest(c.Method, url+c.Path+"?"+c.Query.Encode(), strings.NewReader(c.Body))
		must(t, err)
		req.Header = c.Header
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			t.Errorf("%s %s %s: prism answered %s %s", c.Method, c.Path, c.Body, resp.Status, body)
		}
	}
	o := digitalocean.Options{Token: "x", URL: url, Tag: "web", Region: "nyc3", Image: "4711"}
	p := open(t, o)
	s, err := p.Describe(t.Context(), "3164444")
	if err != nil || s.Name != "example.com" || s.State != pool.Active || s.Address == "" || s.Price == 0 || s.Created.IsZero() {
		t.Errorf("Describe of the example: %+v, %v", s, err)
	}
	// The examples are the same for every tag. They must not look like the pool's droplets.
	if _, err := p.List(t.Context()); err == nil || !strings.Contains(err.Error(), "does not show its tag") {
		t.Errorf("List of the examples: %v", err)
	}
	b, err := p.LoadBalancer("4de7ac8b-495b-4884-9a69-1050c6793cd6")
	must(t, err)
	if got := members(t, b); got != "3164444 joining, 3164445 joining" { // the balancer itself is new
		t.Errorf("Members of the example: %s", got)
	}
}
