package dashboard_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shots is where the pictures of the page go, for people to look at.
var shots = flag.String("shots", "", "a folder to put pictures of the page into")

// browser starts a real browser, and returns a page of it.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed, so the page was not looked at; apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-gpu", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancelPage := chromedp.NewContext(ctx)
	t.Cleanup(cancelPage)
	ctx, cancelAll := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelAll)
	return ctx
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func signIn(url string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.Navigate(url),
		chromedp.WaitVisible(`input[name=password]`),
		chromedp.SendKeys(`input[name=name]`, "Ada"),
		chromedp.SendKeys(`input[name=password]`, password+"\r"),
		chromedp.WaitVisible(`#now`),
		chromedp.WaitVisible(`#link[data-state=on]`),
	}
}

// TestPictures takes pictures of the page where -shots says so.
func TestPictures(t *testing.T) {
	if *shots == "" {
		t.Skip("-shots was not given")
	}
	w := newWorld(t, 14*24*time.Hour)
	ctx := browser(t)
	run(t, ctx, signIn(w.url))
	for _, size := range []struct {
		name  string
		width int64
	}{{"desktop", 1440}, {"tablet", 820}, {"phone", 360}} {
		for _, scheme := range []string{"light", "dark"} {
			var picture []byte
			run(t, ctx,
				chromedp.EmulateViewport(size.width, 900),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.Navigate(w.url),
				chromedp.WaitVisible(`.chart canvas`),
				chromedp.Poll(`charts.points() > 0`, nil),
				chromedp.Sleep(400*time.Millisecond),
				chromedp.FullScreenshot(&picture, 100),
			)
			if err := os.WriteFile(filepath.Join(*shots, size.name+"-"+scheme+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
