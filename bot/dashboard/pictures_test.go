package dashboard_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot/browsertest"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
)

var shots = flag.String("shots", "", "a folder to put pictures of the page into")

func TestPictures(t *testing.T) {
	if *shots == "" {
		t.Skip("-shots was not given")
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 14*24*time.Hour, func(o *dashboard.Options) { o.Zone = zone })
	ctx := browser(t, w)
	take := func(name string, width, height int64, scheme string, before ...chromedp.Action) {
		var picture []byte
		run(t, ctx,
			chromedp.EmulateViewport(width, height),
			browsertest.Theme(scheme),
			chromedp.Navigate(w.url),
		)
		run(t, ctx, before...)
		run(t, ctx, chromedp.Sleep(500*time.Millisecond), chromedp.CaptureScreenshot(&picture))
		if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	take("sign-in", 1440, 900, "light", visible(`input[name=password]`))
	run(t, ctx, signIn(w.url))
	for _, scheme := range []string{"light", "dark"} {
		take("desktop-"+scheme, 1440, 1750, scheme, drawn())
		take("phone-"+scheme, 360, 2600, scheme, drawn())
		take("week-"+scheme, 1440, 1000, scheme, drawn(), chromedp.Click(`[data-last="604800"]`, chromedp.ByQuery), chromedp.Sleep(time.Second),
			chromedp.MouseEvent(input.MouseMoved, 700, 800))
	}
	w.busy(t)
	for _, scheme := range []string{"light", "dark"} {
		take("busy-"+scheme, 1440, 1000, scheme, drawn())
		take("busy-phone-"+scheme, 360, 1500, scheme, drawn())
		take("question-"+scheme, 1000, 1500, scheme, drawn(), chromedp.Click(`#step-in form[action="/override"] button`, chromedp.ByQuery), visible(`#ask-title`))
	}
	take("foot", 1440, 1400, "light", drawn(), chromedp.Evaluate(`document.querySelectorAll("#settings details").forEach((d) => { d.open = true }); window.scrollTo(0, 1e6)`, nil))
}
