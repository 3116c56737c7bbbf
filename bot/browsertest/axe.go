package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe/axe.min.js
var axe string

//go:embed check.js
var check string

// All rules but these see the same in all colors.
var colors = []string{"color-contrast", "link-in-text-block"}

// An Audit checks pages with axe-core. The zero value checks whole pages.
type Audit struct {
	// Parts selects parts of pages. A part that the audit has checked before, but for its numbers, is not checked
	// again, which saves most of the time.
	Parts string
	seen  map[string][]string // hashes of parts
}

type violation struct{ ID, Impact, Help, Where string }

// Check reports everything that axe-core finds in the tab's page as it is now, in light colors and in dark ones. where
// names the page in errors, and size the size of its window.
func (a *Audit) Check(t testing.TB, ctx context.Context, where, size string) {
	t.Helper()
	Run(t, ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		var there bool
		if err := chromedp.Evaluate(`"axe" in window`, &there).Do(ctx); err != nil || there {
			return err
		}
		return chromedp.Evaluate(axe+"; null", nil).Do(ctx)
	}))
	a.look(t, ctx, where, size, "light", nil)
	a.look(t, ctx, where, size, "dark", colors)
}

// Without rules it checks all.
func (a *Audit) look(t testing.TB, ctx context.Context, where, size, scheme string, rules []string) {
	t.Helper()
	key := size + ", " + scheme
	asked, err := json.Marshal(map[string]any{"parts": a.Parts, "seen": a.seen[key], "rules": rules})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Found []violation
		Parts []string
	}
	Run(t, ctx, Theme(scheme), chromedp.Evaluate("("+check+")("+string(asked)+")", &got, Awaited))
	for _, v := range got.Found {
		t.Errorf("%s, %s: %s (%s): %s, at %s", where, key, v.ID, v.Impact, v.Help, v.Where)
	}
	if a.seen == nil {
		a.seen = map[string][]string{}
	}
	a.seen[key] = append(a.seen[key], got.Parts...)
}

// Awaited lets an evaluation return what its promise resolves to.
func Awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
