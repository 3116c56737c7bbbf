package dashboard_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

var rowTime = regexp.MustCompile(`<tr class="([^"]*)"[^>]*>\s*<td class="when"><time datetime="([^"]+)"`)

// The times of the decisions, and the one that is selected.
func times(t *testing.T, body string) (all []time.Time, selected time.Time) {
	t.Helper()
	for _, found := range rowTime.FindAllStringSubmatch(body, -1) {
		at, err := time.Parse(time.RFC3339, found[2])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, at)
		if slices.Contains(strings.Fields(found[1]), "at") {
			selected = at
		}
	}
	return all, selected
}

func TestDecisionsOfAPeriodAndAroundAMoment(t *testing.T) {
	_, p := enter(t, "", 5*time.Hour)
	to := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	from := to.Add(-20 * time.Minute)
	stamp := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	for _, page := range []string{"/", "/decisions"} {
		all, _ := times(t, p.get(page+"?"+url.Values{"from": {stamp(from)}, "to": {stamp(to)}}.Encode()).body)
		if len(all) != 20 || all[0].After(to) || all[len(all)-1].Before(from) {
			t.Errorf("%s shows %d decisions of 20 minutes: %v", page, len(all), all)
		}
		body := p.get(page + "?at=" + url.QueryEscape(stamp(to))).body
		all, selected := times(t, body)
		if len(all) != 50 || selected.Sub(to).Abs() > time.Minute || !all[0].After(to) || !strings.Contains(body, "Decisions around ") {
			t.Errorf("%s shows %d decisions around %v, selected %v", page, len(all), to, selected)
		}
	}
	for _, query := range []string{"from=x&to=y", "from=2026-01-02T00:00:00Z", "at=soon", "last=-5", "last=1e9", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"} {
		if a := p.get("/?" + query); a.status != 200 || !strings.Contains(a.body, `id="rows" data-live`) {
			t.Errorf("/?%s is answered with %d, without the newest decisions", query, a.status)
		}
	}
}

func TestATimeOfPeopleLeadsToItsPage(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	a := p.get("/jump?time=" + url.QueryEscape("yesterday 15:00"))
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, to.Query().Get("at"))
	yesterday := time.Now().In(w.options.Zone).AddDate(0, 0, -1)
	if err != nil || a.status != 303 || at.In(w.options.Zone).Format("2006-01-02 15:04:05") != yesterday.Format("2006-01-02")+" 15:00:00" {
		t.Errorf("yesterday 15:00 is answered with %d, and leads to %s", a.status, a.header.Get("Location"))
	}
	if a := p.get("/jump?time=someday"); a.status != 422 || !strings.Contains(a.body, "must be a time such as") {
		t.Errorf("someday is answered with %d: %s", a.status, a.body)
	}
}

func TestInABrowserTheDecisionsFollowTheCharts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8*24*time.Hour)
	ctx := browser(t, w)
	rowsWithin := `(() => { const q = new URLSearchParams(location.search), all = [...document.querySelectorAll("#rows time")].map((e) => Date.parse(e.dateTime));
		return all.length > 0 && all.every((t) => t >= Date.parse(q.get("from")) && t < Date.parse(q.get("to"))) })()`
	run(t, ctx, signIn(w.url), drawn(), click(`[data-last="604800"]`), until(`location.search === "?last=604800"`),
		click(`[data-move=in]`), until(`location.search.startsWith("?from=")`), until(rowsWithin), visible(`#scope`),
		chromedp.Evaluate(`window.zoomed = location.search`, nil),
		click(`[data-move=earlier]`), until(`location.search !== window.zoomed`), until(rowsWithin), chromedp.Evaluate(`window.moved = location.search`, nil),
		chromedp.Evaluate(`history.back()`, nil), until(`location.search === window.zoomed`), until(rowsWithin),
		chromedp.Evaluate(`history.back()`, nil), until(`location.search === "?last=604800"`), until(`document.querySelector('[data-last="604800"][aria-pressed=true]')`),
		until(`document.querySelector("#rows[data-live]")`))
	w.beat(t)
	run(t, ctx, until(fmt.Sprintf(`document.querySelector("#rows time").dateTime === %q`, w.past.records[len(w.past.records)-1].Time.UTC().Format(time.RFC3339Nano))),
		chromedp.Evaluate(`history.forward()`, nil), until(`location.search === window.zoomed`), until(rowsWithin),
		chromedp.Reload(), drawn(), until(rowsWithin), until(`document.querySelectorAll("button[data-last][aria-pressed=true]").length === 0`),
		until(`document.getElementById("chart-summary").textContent.includes(" from ")`))
}

func TestInABrowserAClickSelectsAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5*time.Hour)
	ctx := browser(t, w)
	run(t, ctx, signIn(w.url), drawn(), chromedp.ActionFunc(func(ctx context.Context) error {
		var at struct{ X, Y float64 }
		const over = `(() => { const c = document.querySelector("#chart-response .u-over"); c.scrollIntoView({ block: "center", behavior: "instant" });
			const r = c.getBoundingClientRect(); return { X: r.left + r.width * .5, Y: r.top + 80 } })()`
		return chromedp.Run(ctx, chromedp.Evaluate(over, &at), chromedp.ActionFunc(func(ctx context.Context) error {
			return chromedp.MouseClickXY(at.X, at.Y).Do(ctx)
		}))
	}), until(`new URLSearchParams(location.search).has("at")`), visible(`#moment`),
		until(`Math.abs(Date.parse(document.querySelector("tr.at time")?.dateTime) - Date.parse(new URLSearchParams(location.search).get("at"))) < 61e3`),
		chromedp.Reload(), drawn(), visible(`#moment`), visible(`tr.at`),
		click(`[data-last="21600"]`), until(`location.search === "" && document.getElementById("moment").hidden && !document.querySelector("tr.at")`))
}

func TestInABrowserSomebodyJumpsToATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30*time.Hour)
	ctx := browser(t, w)
	run(t, ctx, signIn(w.url), drawn(), chromedp.SendKeys(`#jump input`, "24 hours ago", chromedp.ByQuery),
		opening(click(`#jump button`)), drawn(), visible(`tr.at`), visible(`#moment`),
		until(`Math.abs(Date.now() - 86400e3 - Date.parse(document.querySelector("tr.at time").dateTime)) < 120e3`),
		log.Disable(), // the browser logs every response that is not 2xx
		chromedp.SetValue(`#jump input`, "someday", chromedp.ByQuery), opening(click(`#jump button`)),
		until(`document.querySelector(".sentence").textContent.includes("must be a time such as")`))
}
