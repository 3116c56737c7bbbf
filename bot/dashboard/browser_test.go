package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/autoscalebot/autoscalebot/bot/browsertest"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var chromium browsertest.Browser

func browser(t *testing.T, w *world) context.Context {
	t.Helper()
	return chromium.Tab(t, w.url+"/")
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	browsertest.Run(t, ctx, actions...)
}

func visible(selector string) chromedp.Action {
	return chromedp.WaitVisible(selector, chromedp.ByQuery)
}

func signIn(url string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.Navigate(url),
		visible(`input[name=password]`),
		until(`document.activeElement.hasAttribute("autofocus")`), // else the browser logs that autofocus comes too late
		chromedp.SendKeys(`input[name=name]`, "Ada", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, password+"\r", chromedp.ByQuery),
		visible(`#now`),
		visible(`#link[data-state=on]`),
	}
}

func until(condition string) chromedp.Action {
	return chromedp.Poll(condition, nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(time.Minute))
}

// The charts must follow.
func resize(width, height int64) chromedp.Action {
	return chromedp.Tasks{chromedp.EmulateViewport(width, height), until(fmt.Sprintf(`innerWidth === %d && innerHeight === %d &&
		[...document.querySelectorAll(".u-wrap")].every((chart) => chart.offsetWidth === chart.closest(".uplot").parentElement.clientWidth)`, width, height))}
}

// Up to five elements that are wider than the screen.
const beyond = `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, svg, .u-wrap")).map((e) => e.tagName + "#" + e.id + "." + e.className).slice(0, 5)`

func fits(t *testing.T, ctx context.Context, width int64, where string) {
	t.Helper()
	var wider []string
	var total int64
	run(t, ctx, resize(width, 900), chromedp.Evaluate(`document.documentElement.scrollWidth`, &total), chromedp.Evaluate(beyond, &wider))
	if total > width || len(wider) > 0 {
		t.Errorf("at %d pixels %s is %d wide: %v", width, where, total, wider)
	}
}

func click(selector string) chromedp.Action { return chromedp.Click(selector, chromedp.ByQuery) }

func drawn() chromedp.Action {
	return chromedp.Tasks{visible(`.chart canvas`), until(`charts.points() > 0`)}
}

func TestInABrowserThePageIsLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 48*time.Hour)
	ctx := browser(t, w)
	var points, dynos int
	run(t, ctx, signIn(w.url), drawn(), chromedp.Evaluate(`charts.points()`, &points), chromedp.Evaluate(`Number(dynos.textContent)`, &dynos),
		chromedp.Evaluate(`window.sameDocument = true`, nil))
	w.beat(t)
	run(t, ctx, until(fmt.Sprintf(`charts.points() === %d`, points+1)))
	w.busy(t)
	run(t, ctx,
		until(fmt.Sprintf(`document.getElementById("dynos").textContent === "%d"`, dynos+1)),
		until(fmt.Sprintf(`document.querySelector("#rows tr.changed .what b")?.textContent === "scaled %d → %d"`, dynos, dynos+1)),
		until(`document.getElementById("say").textContent.startsWith("scaled ")`),
		until(`document.getElementById("verdict")?.textContent === "slow" && document.getElementById("run").textContent === "2 of 3 slow"`),
		until(`document.querySelector(".incidents")?.textContent.includes("at its maximum of 6")`),
		until(`document.querySelector("#waits [data-until]")?.textContent.endsWith("left")`),
		until(fmt.Sprintf(`document.title.startsWith("%d dynos, 1840 ms")`, dynos+1)),
		until(`window.sameDocument`),
	)
}

// The page has seen no heartbeat, and its history is empty.
func young(t *testing.T, change ...func(*dashboard.Options)) *world {
	t.Helper()
	w := unserved(t, time.Minute, change...)
	w.past.records = nil
	d, err := dashboard.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	w.page = d
	w.url = serve(t, d)
	return w
}

const summary = `document.getElementById("chart-summary").textContent`

func TestInABrowserThePageIsLiveFromTheFirstHeartbeatOn(t *testing.T) {
	t.Parallel()
	for _, noHeartbeat := range []bool{false, true} {
		w := young(t, func(o *dashboard.Options) { o.NoHeartbeat = noHeartbeat })
		ctx := browser(t, w)
		what := map[bool]string{false: "heartbeat", true: "reading"}[noHeartbeat]
		run(t, ctx, signIn(w.url), visible(`.chart canvas`), until(summary+`.startsWith("No `+what+`s from ")`),
			until(`document.getElementById("decisions-part").textContent.includes("No decisions yet.")`),
			until(`document.getElementById("money-part").textContent.includes("The history of this month is empty.")`),
			click(`[data-move=earlier]`), until(`document.querySelectorAll("[data-last][aria-pressed=true]").length === 0`), click(`[data-last="21600"]`),
			click(`#chart-table summary`), until(`document.querySelector("#chart-table tbody").textContent.includes("No `+what+`s from ")`))
		for i := range 2 {
			w.beat(t)
			run(t, ctx, until(`charts.points() > 0`),
				until(fmt.Sprintf(`%s.startsWith("%s from ")`, summary, count(i+1, what))),
				until(`!document.getElementById("money-part").textContent.includes("is empty")`),
				until(`document.querySelectorAll("#chart-table tbody th").length > 0`))
		}
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func TestInABrowserTheSumsFollowTheChart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Policy.Price = 0 })
	ctx := browser(t, w)
	money := `document.querySelector("#money-part .figure").textContent`
	run(t, ctx, signIn(w.url), drawn(), chromedp.Evaluate(`window.before = `+money, nil))
	for n := 70; n <= 100; n += 10 { // more at a time would drop the viewer, which then reloads everything
		for range 10 {
			w.beat(t)
		}
		run(t, ctx, until(fmt.Sprintf(`%s.startsWith("%d heartbeats from ")`, summary, n)))
	}
	run(t, ctx, until(money+` !== window.before`))
}

func TestInABrowserTheHistoryComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	broken := func(err error) {
		w.past.mu.Lock()
		defer w.past.mu.Unlock()
		w.past.broken = err
	}
	broken(errors.New("the disk is away"))
	run(t, ctx, log.Disable(), // the browser logs every response that is not 2xx
		signIn(w.url), until(summary+`.includes("unavailable")`), visible(`#trouble`))
	broken(nil)
	w.beat(t)
	run(t, ctx, until(`!document.getElementById("trouble")`), until(`charts.points() > 50`), until(`!`+summary+`.includes("unavailable")`),
		until(`document.querySelectorAll("#rows tr").length === 50`), visible(`#money-part .figure`))
}

func TestInABrowserATimeoutIsMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10*time.Minute)
	ctx := browser(t, w)
	red := `(() => { const c = document.querySelector("#chart-response canvas"), copy = new OffscreenCanvas(c.width, c.height).getContext("2d", { willReadFrequently: true });
		copy.drawImage(c, 0, 0); const d = copy.getImageData(0, 0, c.width, c.height).data; let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] > 140 && d[i + 1] < 90 && d[i + 2] < 90 && d[i + 3] > 60) n++; return n })()`
	var before int
	run(t, ctx, browsertest.Theme("light"), signIn(w.url), drawn(), click(`#chart-table summary`), chromedp.Evaluate(red, &before))
	w.app.answer(probe.Reading{Signal: "heartbeat", Value: 5000, Unit: "ms", Outcome: probe.Timeout, Error: "no answer within 5 s"})
	w.beat(t)
	run(t, ctx, until(fmt.Sprintf(`%s > %d`, red, before)), until(summary+`.includes("1 without a response")`),
		until(`document.querySelector("#chart-table tbody tr:last-child").textContent.includes("without a response")`), until(fmt.Sprintf(`%s > %d`, red, before)))
}

func TestInABrowserSomebodyStepsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	pause := `#step-in form[action="/pause"] button`
	run(t, ctx, signIn(w.url), drawn(), click(pause), until(`document.getElementById("ask-title")?.textContent === "Pause scale-downs for 1 h?"`),
		chromedp.KeyEvent(kb.Escape), until(`!document.getElementById("ask").open`))
	if w.Control().Down.On {
		t.Error("Escape has paused the bot")
	}
	run(t, ctx, chromedp.Focus(pause, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter), until(`document.activeElement.textContent === "Pause"`),
		chromedp.KeyEvent(kb.Enter), until(`document.getElementById("waits").textContent.includes("paused by Ada (dashboard)")`),
		until(`document.getElementById("toast").textContent === "Paused scale-downs for 1 h."`),
		until(`document.getElementById("pill").textContent === "scaling down paused"`))
	if c := w.Control(); !c.Down.On || c.Up.On {
		t.Errorf("the bot is asked for %+v", c)
	}
	run(t, ctx, click(`#in-force button`), visible(`#ask button.main`), click(`#ask button.main`),
		until(`document.getElementById("pill").textContent === "running"`))
	run(t, ctx, chromedp.SetValue(`input[name=dynos]`, "5", chromedp.ByQuery), click(`#step-in form[action="/override"] button`), visible(`#ask button.main`),
		click(`#ask button.main`), until(`document.querySelector("#in-force b")?.textContent === "Override: 5 dynos"`))
	w.beat(t)
	run(t, ctx, until(`document.getElementById("dynos").textContent === "5"`))
	now := time.Now()
	if err := w.OverrideLimits(schedule.Limits{Min: 3, Max: 4}, now.Add(time.Hour), now.Add(3*time.Hour), "Ada"); err != nil {
		t.Fatal(err)
	}
	w.beat(t)
	run(t, ctx, until(`document.querySelector("#in-force li:nth-child(2)")?.textContent.includes("Limits: 3 to 4 dynos")`),
		click(`#in-force button[form=do-end-limits]`), visible(`#ask button.main`), click(`#ask button.main`),
		until(`document.querySelectorAll("#in-force li").length === 1`),
		click(`#in-force button[form=do-end-override]`), visible(`#ask button.main`), click(`#ask button.main`), until(`!document.getElementById("in-force")`))
	if c := w.Control(); !c.At(now).IsZero() || len(c.Limits) > 0 {
		t.Errorf("still in force: %+v", c)
	}
}

func TestInABrowserTheBotsRefusalIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	run(t, ctx, signIn(w.url), chromedp.Evaluate(`document.querySelector("input[name=dynos]").max = 1000`, nil),
		chromedp.SetValue(`input[name=dynos]`, "500", chromedp.ByQuery), click(`#step-in form[action="/override"] button`), visible(`#ask button.main`))
	run(t, ctx, log.Disable(), // the browser logs every response that is not 2xx
		click(`#ask button.main`), until(`document.querySelector("#ask .trouble").textContent.startsWith("500 is outside the limits")`))
}

func TestInABrowserThePageComesBackAfterTheBot(t *testing.T) {
	t.Parallel()
	w := unserved(t, time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	ended := make(chan error)
	go func() { ended <- dashboard.Serve(ctx, l, w.page, nil) }()
	tab := browser(t, w)
	run(t, tab, signIn(w.url), drawn(), log.Disable()) // the browser logs the refused connection
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	run(t, tab, until(`document.getElementById("link").dataset.state === "lost"`), visible(`#gone`),
		until(`document.getElementById("gone").textContent.startsWith("The bot has not responded since ") && document.title === "No connection – dancing-forest"`))
	if l, err = net.Listen("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	again, stopAgain := context.WithCancel(t.Context())
	go func() { ended <- dashboard.Serve(again, l, w.page, nil) }()
	run(t, tab, until(`document.getElementById("link").dataset.state === "on"`),
		until(`document.getElementById("gone").hidden && !document.body.classList.contains("gone") && !document.title.startsWith("No connection")`))
	newest := `document.querySelector("#rows time").dateTime`
	run(t, tab, chromedp.Evaluate(`window.before = `+newest, nil))
	w.beat(t)
	run(t, tab, until(newest+` !== window.before`))
	stopAgain()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestInABrowserTheTableIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 48*time.Hour)
	ctx := browser(t, w)
	run(t, ctx, signIn(w.url), click(`#filter input[name=changed]`),
		until(`[...document.querySelectorAll("#rows tr")].length > 0 && [...document.querySelectorAll("#rows tr")].every((r) => r.hasAttribute("data-changed"))`),
		until(`location.search === "?changed=yes"`), chromedp.Evaluate(`window.before = document.querySelector("#rows time").dateTime`, nil))
	w.beat(t)
	run(t, ctx, until(`document.querySelector("#rows time").dateTime === window.before`), click(`#filter input[name=changed]`),
		until(`document.querySelectorAll("#rows tr").length === 50`), click(`#decisions-part .more a`), until(`document.querySelector("#filter a.button")`),
		until(`document.querySelectorAll("#rows tr").length === 50 && !document.getElementById("rows").hasAttribute("data-live")`))
}

func TestInABrowserTheChartsMoveThroughTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8*24*time.Hour)
	ctx := browser(t, w)
	run(t, ctx, signIn(w.url), drawn())
	changes := func(action chromedp.Action) {
		t.Helper()
		run(t, ctx, chromedp.Evaluate(`window.summary = `+summary, nil), action, until(summary+` !== window.summary`))
	}
	changes(click(`[data-last="604800"]`))
	run(t, ctx, until(`document.querySelector('[data-last="604800"]').getAttribute("aria-pressed") === "true"`))
	changes(click(`[data-move=in]`))
	changes(click(`[data-move=earlier]`))
	changes(chromedp.Tasks{chromedp.Focus(`#charts`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight)})
	changes(chromedp.Tasks{chromedp.KeyEvent("-")})
	// Dragging zooms into a period.
	changes(chromedp.ActionFunc(func(ctx context.Context) error {
		var at struct{ X, Y float64 }
		over := `(() => { scrollTo({ top: document.querySelector("#chart-response").getBoundingClientRect().top + scrollY - 200, behavior: "instant" });
			const r = document.querySelector("#chart-response .u-over").getBoundingClientRect(); return { X: r.left + 200, Y: r.top + 50 } })()`
		return chromedp.Run(ctx, chromedp.Evaluate(over, &at), chromedp.ActionFunc(func(ctx context.Context) error {
			for _, m := range []struct {
				kind input.MouseType
				dx   float64
			}{{input.MouseMoved, 0}, {input.MousePressed, 0}, {input.MouseMoved, 60}, {input.MouseMoved, 120}, {input.MouseReleased, 120}} {
				if err := input.DispatchMouseEvent(m.kind, at.X+m.dx, at.Y).WithButton(input.Left).WithButtons(1).WithClickCount(1).Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
	}))
	run(t, ctx, until(`!document.getElementById("tip").hidden`), click(`#chart-table summary`), until(`document.querySelectorAll("#chart-table tbody tr").length > 10`))
}

func TestInABrowserNothingIsWiderThanTheScreen(t *testing.T) {
	t.Parallel()
	w := hostile(t)
	w.spoil(t)
	ctx := browser(t, w)
	look := func(where string) {
		t.Helper()
		for _, width := range []int64{1440, 820, 360, 820, 1440} {
			fits(t, ctx, width, where)
		}
	}
	run(t, ctx, chromedp.Navigate(w.url), visible(`input[name=password]`))
	look("the page to sign in")
	run(t, ctx, signIn(w.url), drawn(), chromedp.Evaluate(`document.querySelectorAll("details").forEach((d) => { d.open = true })`, nil))
	look("the page")
}
