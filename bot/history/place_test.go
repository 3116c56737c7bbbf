package history_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestErrorsOfTheURLSpeak(t *testing.T) {
	dir := t.TempDir()
	for url, want := range map[string]string{
		"history.db":                               "invalid place of the history: must be memory, sqlite:PATH or postgres://…; for a file, write sqlite: before its path",
		"mysql://u:hunter2@h/d":                    `invalid place of the history "mysql:…": must be memory, sqlite:PATH or postgres://…`,
		"sqlite:":                                  "sqlite: has no path; use sqlite:PATH, such as sqlite:history.db",
		"sqlite:" + dir:                            "open the history: " + dir + " is not a file",
		"sqlite:" + dir + "/none/h.db":             "open the history: the folder " + dir + "/none does not exist",
		"postgres://u:hunter2%@h/d":                "invalid URL of the history; use postgres://user:password@host:5432/name; in the password, write @ / % as %40 %2F %25",
		"postgres://u:hunter2@h:x/d":               "invalid URL of the history",
		"postgres://u:hunter2@h/d?sslmode=hunter2": "invalid URL of the history: ",
		"postgres://u@h/d?password=hunter2&connect_timeout=x": "invalid URL of the history: ",
		"postgres://u:hunter2@127.0.0.1:1/d":                  "open the history in the PostgreSQL database d at 127.0.0.1: ",
	} {
		db, err := history.Open(t.Context(), history.Options{URL: url})
		if err == nil {
			shut(t, db)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v\nwant %s…", url, err, want)
		}
	}
	if _, err := history.Open(t.Context(), history.Options{Keep: history.Retention{Raw: -1}}); err == nil {
		t.Error("a negative retention was accepted")
	}
}

func TestAWrongPasswordIsNotShown(t *testing.T) {
	l := postgresLab(t)
	wrong := strings.Replace(l.url, "s3cr", "wr0ng", 1)
	_, err := history.Open(t.Context(), history.Options{URL: wrong})
	if err == nil || !strings.Contains(err.Error(), "password authentication failed") || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("a wrong password gave %v", err)
	}
	db := lab{url: wrong}.open(t, later(&logtest.Buffer{}))
	if !warns(db, "password authentication failed") || warns(db, "wr0ng") {
		t.Errorf("the bot starts anyway, with the warnings %q", db.Warnings())
	}
}

func TestAFileThatIsNoDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	text := strings.Repeat("no database ", 500)
	writeFile(t, path, text)
	if _, err := history.Open(t.Context(), history.Options{URL: "sqlite:" + path}); err == nil || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("a text file gave %v", err)
	}
	if readFile(t, path) != text {
		t.Error("it was written to")
	}
}

// No error contains the password of any URL. The host does not resolve, so nothing connects.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"memory", "sqlite:x", "postgres://a:Zq9secretZq9@h.invalid/d", "postgres://a:Zq9secretZq9@h.invalid:99999/d?sslmode=x", "postgresql://a@h.invalid/?password=Zq9secretZq9&port=y", "Zq9secretZq9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			return // it would create files
		}
		ctx, cancel := canceled(t)
		defer cancel()
		db, err := history.Open(ctx, history.Options{URL: url})
		if err == nil {
			shut(t, db)
			return
		}
		if strings.Contains(url, ":Zq9secretZq9@") && strings.Contains(err.Error(), "Zq9secretZq9") {
			t.Errorf("%q: the error shows the password: %v", url, err)
		}
	})
}

// A history in memory has one connection. A reader that disconnects must not close it.
func TestAReaderThatGoesAwayHarmsNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon, 10*time.Second, 500)
		keepAll(t, db, all...)
		for i := range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*30*time.Microsecond)
			_, _ = db.Points(ctx, noon, noon.Add(time.Hour), 1000)
			_, _ = db.Records(ctx, history.Query{Limit: 1000})
			_, _, _ = db.Lease(ctx, "x", time.Hour)
			cancel()
		}
		keepAll(t, db, beats(noon.Add(24*time.Hour), time.Minute, 1)...)
		if got := records(t, db, history.Query{Limit: 1000}); len(got) != 501 {
			t.Errorf("%d records are there, want 501", len(got))
		}
	})
}
