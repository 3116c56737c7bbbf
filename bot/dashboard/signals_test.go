package dashboard_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot/browsertest"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// One is above its maximum, one has no data, one has a window, and one is below its minimum.
func ruled(o *dashboard.Options) {
	o.Policy.Rules = []decide.SignalRule{
		{Signal: "queue", Max: 100, Min: 10, Fails: decide.InARow(3), Passes: decide.InARow(5)},
		{Signal: "jobs", Max: 50, Min: math.NaN(), Fails: decide.InARow(3), Passes: decide.InARow(5)},
		{Signal: "requests_per_second", PerDyno: true, Max: 40, Min: 15, Window: 2 * time.Minute},
		{Signal: "busy", Max: 0.8, Min: 0.3, Fails: decide.InARow(3), Passes: decide.InARow(5)},
	}
}

// A worker with signals only.
func queued(o *dashboard.Options) {
	ruled(o)
	o.ProcessType, o.NoHeartbeat = "worker", true
}

func (w *world) read(t testing.TB, signals map[string]float64) {
	t.Helper()
	w.app.mu.Lock()
	w.app.signals = signals
	w.app.mu.Unlock()
	w.beat(t)
}

var tag = regexp.MustCompile(`<[^>]*>`)

func text(html string) string {
	return strings.Join(strings.Fields(tag.ReplaceAllString(html, " ")), " ")
}

func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	var png []byte
	run(t, ctx, chromedp.Sleep(300*time.Millisecond), chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(name, " ", "-")+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestThePageShowsWhatTheSignalsSay(t *testing.T) {
	w := newWorld(t, time.Hour, ruled)
	w.read(t, map[string]float64{"queue": 120, "requests_per_second": 44, "busy": 0.2})
	p := signedIn(t, w.url, "")
	now := p.get("/").body
	if !strings.Contains(now, "Response time") || !strings.Contains(now, "heartbeats: scale-up after 3 slow in a row") {
		t.Error("next to signals, the page does not mention heartbeats")
	}
	_, now, _ = strings.Cut(now, `id="signals"`)
	now, _, _ = strings.Cut(now, "</ul>")
	now = text("<ul" + now)
	for _, want := range []string{
		"queue above 120 above 100, 1 of 3 in a row",
		"jobs no data – unreachable: connect to 10.0.0.7:6379: connection refused",
		"requests_per_second per dyno below 8.8 the mean over 120 s, below 15, takes effect in 60 s",
		"busy below 0.2 below 0.3, 1 of 5 in a row",
	} {
		if !strings.Contains(now, want) {
			t.Errorf("the page does not say %q: %s", want, now)
		}
	}
}

func TestWithoutAHeartbeatThePageTellsOfSignalsAlone(t *testing.T) {
	w, p := enter(t, "", time.Hour, queued)
	_, next := p.stream(t.Context())
	next()
	w.read(t, map[string]float64{"queue": 120, "jobs": 1, "requests_per_second": 44, "busy": 0.2})
	body := text(p.get("/").body)
	body, _, _ = strings.Cut(body, "Settings in force")
	for _, not := range []string{"Response time", "95th", "Heartbeat", "heartbeat", "Next change", "– dynos", " ms "} {
		if i := strings.Index(body, not); i >= 0 {
			t.Errorf("the page mentions %q: %s", not, body[max(0, i-60):min(len(body), i+60)])
		}
	}
	s, _ := next()
	if s.Title != "2 dynos – dancing-forest" || !strings.Contains(text(s.Row), "above 2 held at 2") {
		t.Errorf("the stream's title is %q, its row %q", s.Title, text(s.Row))
	}
	if c := p.charts("last=3600"); strings.Contains(c.Summary, "heartbeat") || strings.Contains(c.Summary, "response") || !strings.Contains(c.Summary, "readings") {
		t.Errorf("the summary is %q", c.Summary)
	}
}

func TestInABrowserSignalsFitTheScreen(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]func(*dashboard.Options){"beside a heartbeat": ruled, "without a heartbeat": queued} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, time.Hour, options, func(o *dashboard.Options) {
				o.Others = []dashboard.Link{{Name: "web", URL: "/"}, {Name: "worker", URL: "/worker/"}, {Name: "mailer", URL: "/mailer/"}}
			})
			ctx := browser(t, w)
			run(t, ctx, signIn(w.url), drawn(), chromedp.Evaluate(`window.before = charts.points()`, nil))
			w.read(t, map[string]float64{"queue": 120, "requests_per_second": 44, "busy": 0.2})
			run(t, ctx, until(`charts.points() === before + 1`), until(`document.querySelector("#signals .busy")`),
				click(`#chart-table summary`), until(`document.querySelector("#chart-table tbody tr")?.children.length === document.querySelectorAll("#chart-table th[scope=col]").length`))
			for _, width := range []int64{1440, 820, 360} {
				run(t, ctx, browsertest.Theme("light"))
				fits(t, ctx, width, "the page")
				run(t, ctx, chromedp.Evaluate(`scrollTo(0, 0)`, nil))
				picture(t, ctx, fmt.Sprintf("signals %s %d", name, width))
			}
		})
	}
}

// The charts of signals are next to those of response times, and follow the heartbeats.
func TestInABrowserSignalsHaveCharts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10*time.Minute, ruled)
	w.read(t, map[string]float64{"queue": 120, "requests_per_second": 44, "busy": 0.2})
	ctx := browser(t, w)
	queue := `charts.signals().signals.find((s) => s.name === "queue")`
	run(t, ctx, signIn(w.url), drawn(), until(`document.querySelectorAll("#chart-signals canvas").length === 4`),
		until(queue+`.values.at(-1) === 120 && `+queue+`.high === 100 && `+queue+`.low === 10`),
		until(`document.getElementById("chart-signals").textContent.startsWith("queue")`))
	w.read(t, map[string]float64{"queue": 150, "requests_per_second": 44, "busy": 0.2})
	run(t, ctx, until(queue+`.values.at(-1) === 150`), click(`[data-last="604800"]`), until(`location.search === "?last=604800"`),
		until(queue+`.values.includes(150) && document.querySelectorAll("#chart-signals canvas").length === 4`))
	picture(t, ctx, "signal charts")
}
