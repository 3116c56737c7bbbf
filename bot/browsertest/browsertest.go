// Package browsertest opens pages in Chromium, and checks with axe-core that they are accessible.
package browsertest

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A Browser is one Chromium for all tests of a package. It starts with the first tab. The zero value is ready. Close it
// in TestMain.
type Browser struct {
	start sync.Once
	ctx   context.Context
	stop  []context.CancelFunc
	err   error
}

func (b *Browser) open(path string) (context.Context, error) {
	b.start.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-gpu", true),
			chromedp.WSURLReadTimeout(time.Minute))
		ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
		b.stop = append(b.stop, stop)
		b.ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // unknown events
		b.stop = append(b.stop, stop)
		b.err = chromedp.Run(b.ctx)
	})
	return b.ctx, b.err
}

// Close ends the browser and waits for it. Killing a script that started it would leave it running.
func (b *Browser) Close() {
	if b.ctx != nil && b.err == nil {
		_ = chromedp.Cancel(b.ctx) // waits for it
	}
	for _, stop := range slices.Backward(b.stop) {
		stop()
	}
}

// Tab opens a tab of 1440 by 1000 pixels that has its own cookies and cache. The test is skipped without Chromium. It
// fails if a page logs an error or loads anything whose URL does not begin with home.
func (b *Browser) Tab(t testing.TB, home string) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err != nil {
		t.Skip("chromium is not installed, so the page was not looked at; apt-get install chromium-headless-shell")
	}
	shared, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	own := cdp.WithExecutor(shared, chromedp.FromContext(shared).Browser)
	profile, err := target.CreateBrowserContext().Do(own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.DisposeBrowserContext(profile).Do(own) })
	window, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(own)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancelPage := chromedp.NewContext(shared, chromedp.WithTargetID(window))
	t.Cleanup(cancelPage)
	ctx, cancelAll := context.WithTimeout(ctx, 9*time.Minute) // for busy machines
	t.Cleanup(cancelAll)
	chromedp.ListenTarget(ctx, func(event any) { complain(t, event, home) })
	Run(t, ctx, log.Enable(), network.Enable(), page.Enable(), chromedp.EmulateViewport(1440, 1000))
	return ctx
}

func complain(t testing.TB, event any, home string) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		t.Errorf("the page throws %v", e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			t.Errorf("the page writes to the console, as %s: %s", e.Type, arg.Value)
		}
	case *log.EventEntryAdded:
		t.Errorf("the browser complains: %s %s", e.Entry.Text, e.Entry.URL)
	case *page.EventJavascriptDialogOpening:
		t.Errorf("the page opens a box that says %q", e.Message)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, home) {
			t.Errorf("the page asks for %s", e.Request.URL)
		}
	}
}

// Run runs the actions in a tab.
func Run(t testing.TB, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// Theme makes the tab prefer the scheme "light" or "dark".
func Theme(scheme string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{
		Name: "prefers-color-scheme", Value: scheme,
	}})
}
