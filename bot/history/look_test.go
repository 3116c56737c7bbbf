package history_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
)

func TestALookChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		o := history.Options{URL: l.url, App: "forest", ProcessType: "web"}
		look := func(want history.Found) {
			t.Helper()
			got, err := history.Look(t.Context(), o)
			if err != nil || got.Begun != want.Begun || got.Holder != want.Holder || got.Place == "" {
				t.Errorf("saw %+v, %v, want %+v", got, err, want)
			}
		}
		look(history.Found{})
		if path, ok := strings.CutPrefix(l.url, "sqlite:"); ok {
			if _, err := os.Stat(path); err == nil {
				t.Error("looking made a file")
			}
		}
		if !l.stays {
			return
		}
		db := l.open(t)
		look(history.Found{Begun: true})
		if _, _, err := db.Lease(t.Context(), "worker.1", time.Minute); err != nil {
			t.Fatal(err)
		}
		look(history.Found{Begun: true, Holder: "worker.1"})
		if _, _, err := db.Lease(t.Context(), "worker.1", 0); err != nil {
			t.Fatal(err)
		}
		look(history.Found{Begun: true})
	})
}

func TestALookSaysWhyNothingCanBeKept(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite:" + t.TempDir(): "open the history: ",
		"mysql://x":             `invalid place of the history "mysql:…"`,
		"postgres://bot:s3cret@127.0.0.1:1/x?connect_timeout=2": "reach the history in the PostgreSQL database x at 127.0.0.1: ",
	} {
		if _, err := history.Look(t.Context(), history.Options{URL: url}); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %s…", url, err, want)
		}
	}
}
