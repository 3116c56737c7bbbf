package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Files that say what they are of.
type labels struct{ broken bool }

func (l labels) Export(_ context.Context, w io.Writer, format string, from, to time.Time) error {
	_, err := fmt.Fprintf(w, "%s %s %s\n", format, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	if l.broken {
		err = errors.New("the disk is away")
	}
	return err
}

func (l labels) Report(ctx context.Context, w io.Writer, from, to time.Time) error {
	return l.Export(ctx, w, "report", from, to)
}

func TestFilesAreOfTheShownPeriod(t *testing.T) {
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Files, o.Zone = labels{}, time.UTC })
	period := url.Values{"from": {"2026-11-01T00:00:00Z"}, "to": {"2026-11-03T00:00:00Z"}}.Encode()
	body := p.get("/?" + period).body
	for path, want := range map[string]string{"/report?": "report", "/export?format=csv&": "csv", "/export?format=jsonl&": "jsonl"} {
		if link := strings.ReplaceAll(path+period, "&", "&amp;"); !strings.Contains(body, `href="`+link+`"`) {
			t.Errorf("the page has no link to %s", link)
		}
		a := p.get(path + period)
		if a.status != 200 || a.body != want+" 2026-11-01T00:00:00Z 2026-11-03T00:00:00Z\n" {
			t.Errorf("%s is answered with %d: %s", path, a.status, a.body)
		}
		if got := a.header.Get("Content-Security-Policy"); want == "report" && !strings.Contains(got, "sandbox") {
			t.Errorf("the report's policy is %s", got)
		}
		if got := a.header.Get("Content-Disposition"); want == "csv" && got != "attachment; filename=dancing-forest-web-2026-11-01.csv" {
			t.Errorf("the file is %s", got)
		}
	}
	if a := newPerson(t, p.url).get("/export?format=csv"); a.status != 401 {
		t.Errorf("without signing in an export is answered with %d", a.status)
	}
	_, without := enter(t, "", time.Hour)
	if a := without.get("/report"); a.status != 404 || strings.Contains(without.get("/").body, `id="files"`) {
		t.Errorf("a page without files answers with %d", a.status)
	}
}

// A client must not take a broken file for a whole one.
func TestABrokenFileIsNotWhole(t *testing.T) {
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Files = labels{broken: true} })
	res, err := p.client.Get(p.url + "/export?format=csv")
	if err != nil {
		return // nothing of it arrived
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("a file that failed looks whole")
	}
}

// Both times are ago.
func (w *world) incident(k notify.Kind, began, ended time.Duration) {
	now := time.Now()
	e := notify.Event{
		Kind: k, Phase: notify.Opened, Time: now.Add(-began), Since: now.Add(-began), Incident: string(k), App: "dancing-forest", ProcessType: "web",
		From: 6, To: 6, Min: 2, Max: 6, Reason: "desired 7, but the maximum is 6",
	}
	w.past.events = append(w.past.events, e)
	e.Phase, e.Time = notify.Resolved, now.Add(-ended)
	w.past.events = append(w.past.events, e)
}

func TestInABrowserIncidentsOverridesAndDeploysAreMarked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5*time.Hour, func(o *dashboard.Options) { o.Files, o.Policy.DeployGrace = labels{}, 5*time.Minute })
	w.incident(notify.NeedsExceedMax, 3*time.Hour, 2*time.Hour)
	w.incident(notify.Override, 100*time.Minute, 80*time.Minute)
	for i := range w.past.records {
		r := &w.past.records[i]
		if ago := time.Since(r.Time); ago > 50*time.Minute && ago < 54*time.Minute {
			r.Decision.Rule = decide.RuleFast
			r.Decision.Clamps = []decide.Clamp{{By: decide.ClampDeploy, From: 1, To: 2, SecondsLeft: (ago - 50*time.Minute).Seconds()}}
		}
	}
	ctx := browser(t, w)
	list := `document.querySelector("#chart-events ul").textContent`
	run(t, ctx, signIn(w.url), drawn(), click(`#chart-events summary`), until(list+`.includes("deploy: a release of the app")`),
		until(list+`.includes("at its maximum of 6")`), until(`[...document.querySelectorAll("#chart-events li")].filter((e) => e.textContent.includes("deploy")).length === 1`),
		chromedp.Evaluate(`[...document.querySelectorAll("#chart-events button")].find((e) => e.textContent.includes("maximum")).click()`, nil),
		until(`document.querySelector("tr.at")`),
		until(`Math.abs(Date.parse(document.querySelector("tr.at time").dateTime) - Date.now() + 3 * 3600e3) < 120e3`),
		until(`document.querySelector("#files a").search === "?last=21600"`), click(`[data-move=in]`),
		until(`document.querySelector("#files a").search.startsWith("?from=")`))
	picture(t, ctx, "marks")
}
