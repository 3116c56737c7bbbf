package history_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// A lab is a place of a history.
type lab struct {
	url   string
	stays bool // the content outlives the DB
}

func everywhere(t *testing.T, test func(t *testing.T, l lab)) {
	t.Run("memory", func(t *testing.T) { test(t, lab{url: "memory"}) })
	onDisk(t, test)
}

// A history in memory has no later reader and no earlier version.
func onDisk(t *testing.T, test func(t *testing.T, l lab)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteLab(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresLab(t)) })
}

func sqliteLab(t testing.TB) lab {
	return lab{url: "sqlite:" + filepath.Join(t.TempDir(), "history of ?&#%41.db"), stays: true}
}

func (l lab) open(t testing.TB, change ...func(*history.Options)) *history.DB {
	t.Helper()
	o := history.Options{URL: l.url, App: "forest", ProcessType: "web", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	db, err := history.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, db) })
	return db
}

// The memory of an earlier run, with a pause.
func (l lab) pause(t testing.TB) {
	t.Helper()
	first := l.open(t)
	remember(t, first, paused)
	shut(t, first)
}

func (l lab) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, source := "pgx", l.url
	if path, ok := strings.CutPrefix(l.url, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func shut(t testing.TB, db *history.DB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := db.Close(ctx); err != nil {
		t.Error(err)
	}
}

func push(t testing.TB, db *history.DB, records ...record.Record) {
	t.Helper()
	for _, r := range records {
		if err := db.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func remember(t testing.TB, db *history.DB, m bot.Memory) {
	t.Helper()
	if err := db.Remember(m); err != nil {
		t.Fatal(err)
	}
}

func keepAll(t testing.TB, db *history.DB, records ...record.Record) {
	t.Helper()
	push(t, db, records...)
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The app is slow and fast in turn.
type fleet struct {
	dynos int
	beats int
	rand  *rand.Rand
	fails bool
}

func (f *fleet) Size(context.Context) (int, bool, error) {
	if f.fails {
		return 0, false, errors.New("the platform answered 503")
	}
	return f.dynos, true, nil
}

func (f *fleet) Resize(_ context.Context, n int) error {
	f.dynos = n
	return nil
}

func (f *fleet) Quota() (int, bool) { return 4000 + f.rand.IntN(500), true }

func (f *fleet) Probe(context.Context) probe.Reading {
	f.beats++
	ms := 500.0
	switch f.beats % 40 / 8 {
	case 1:
		ms = 1800
	case 3:
		ms = 90
	}
	spent := time.Duration(ms*(0.9+0.2*f.rand.Float64())*1000) * time.Microsecond
	r := probe.Reading{
		Signal: "heartbeat", Time: time.Now(), Unit: "ms", Outcome: probe.Answered, Status: 200,
		Phases: probe.Phases{DNS: 1234 * time.Microsecond, Connect: 2468 * time.Microsecond, TLS: 9871 * time.Microsecond, Processing: spent, Transfer: 77 * time.Microsecond},
	}
	r.Value = float64(r.Phases.Total()) / float64(time.Millisecond)
	return r
}

type limits struct{ schedule.Limits }

func (l limits) At(time.Time) schedule.Limits { return l.Limits }

func (l limits) Rows(time.Time) (string, string) { return "", "09:00" }

func (f *fleet) bot(recorders ...record.Recorder) *bot.Bot {
	return bot.New(bot.Options{
		App: "forest", ProcessType: "web", Interval: 30 * time.Second, Probers: []probe.Prober{f}, Scaler: f,
		Schedule: limits{schedule.Limits{Min: 1, Max: 5}}, Recorders: recorders,
		Policy: decide.Policy{HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(3), Passes: decide.InARow(3),
		}},
	})
}

func beats(start time.Time, interval time.Duration, n int) []record.Record {
	f := &fleet{dynos: 2, rand: rand.New(rand.NewPCG(1, 2))}
	b := f.bot()
	out := make([]record.Record, n)
	for i := range out {
		f.fails = i%97 == 96
		now := start.Add(time.Duration(i) * interval).Add(time.Duration(f.rand.IntN(1e6)))
		r := b.Tick(context.Background(), now)
		for i := range r.Readings {
			r.Readings[i].Time = now.Add(37 * time.Microsecond)
		}
		r.DurationMS = 100 + f.rand.Float64()*20
		out[i] = r
	}
	return out
}

// The JSON form is what is stored.
func same(t testing.TB, a, b any) bool {
	t.Helper()
	return asJSON(t, a) == asJSON(t, b)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func canceled(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}
