package dashboard_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/autoscalebot/autoscalebot/bot/browsertest"
)

func TestInABrowserTheThemeIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	dark := `getComputedStyle(document.body).backgroundColor === "rgb(16, 20, 26)"`
	run(t, ctx, browsertest.Theme("light"), signIn(w.url), until(`!(`+dark+`)`), click(`[data-theme=dark]`), until(dark),
		chromedp.Reload(), until(dark), until(`document.querySelector("[data-theme=dark]").getAttribute("aria-pressed") === "true"`),
		browsertest.Theme("dark"), click(`[data-theme=light]`), until(`!(`+dark+`)`), click(`[data-theme=""]`), until(dark))
}

func TestInABrowserTheKeyboardHasHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	open := `document.getElementById("help").open`
	run(t, ctx, signIn(w.url), chromedp.KeyEvent("?"), until(open), chromedp.KeyEvent(kb.Escape), until(`!`+open),
		click(`#open-help`), until(open), click(`#help button`), until(`!`+open),
		chromedp.SendKeys(`#jump input`, "?", chromedp.ByQuery), until(`document.querySelector("#jump input").value === "?" && !`+open))
}

func TestInABrowserSettingsAreCopied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	ctx := browser(t, w)
	copies := func(name string) chromedp.Action {
		return chromedp.Evaluate(`document.querySelector('#settings [aria-label="Copy `+name+`"]').click()`, nil)
	}
	run(t, ctx, signIn(w.url), chromedp.Evaluate(`Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text } } }); null`, nil),
		copies("HEARTBEAT_INTERVAL_IN_SECONDS"), until(`window.copied === "HEARTBEAT_INTERVAL_IN_SECONDS=60"`),
		copies("HEROKU_API_KEY"), until(`window.copied === "HEROKU_API_KEY="`), copies("HEROKU_API_URL"), until(`window.copied === "HEROKU_API_URL="`),
		until(`document.querySelector('#settings a').href === "https://example.com/docs/settings.md#heartbeat"`))
}

// On a phone all parts of the page are one tap away, and a tap on the charts shows values.
func TestInABrowserAPhoneShowsItAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5*time.Hour)
	ctx := browser(t, w)
	run(t, ctx, chromedp.EmulateViewport(360, 740, chromedp.EmulateTouch), emulation.SetTouchEmulationEnabled(true), signIn(w.url), drawn(),
		until(`[...document.querySelectorAll(".parts a")].every((a) => { const r = a.getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth + 1 && r.bottom <= innerHeight && r.height >= 44 })`),
		chromedp.ActionFunc(func(ctx context.Context) error {
			var at struct{ X, Y float64 }
			const over = `(() => { const c = document.querySelector("#chart-dynos .u-over"); c.scrollIntoView({ block: "center", behavior: "instant" });
				const r = c.getBoundingClientRect(); return { X: r.left + r.width * .6, Y: r.top + 60 } })()`
			if err := chromedp.Evaluate(over, &at).Do(ctx); err != nil {
				return err
			}
			if err := input.DispatchTouchEvent(input.TouchStart, []*input.TouchPoint{{X: at.X, Y: at.Y}}).Do(ctx); err != nil {
				return err
			}
			return input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}).Do(ctx)
		}), until(`!document.getElementById("tip").hidden && document.getElementById("tip").textContent.includes("dynos, limits")`), visible(`#moment`))
}
