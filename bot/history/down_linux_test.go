package history_test

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// An outage of the server loses nothing that fits into memory, delays nobody, and is logged once at each end.
func TestADatabaseThatIsDownLosesNothingThatFits(t *testing.T) {
	t.Parallel()
	s := postgrestest.New(t)
	l := lab{url: s.URL("postgres"), stays: true}
	log := &logtest.Buffer{}
	db := l.open(t, func(o *history.Options) { o.Log = slog.New(slog.NewTextHandler(log, nil)) })
	all := beats(noon, 30*time.Second, 400)
	keepAll(t, db, all[:100]...)

	s.Stop()
	push(t, db, all[100:300]...)
	for range 2 {
		if err := db.Flush(t.Context()); err == nil {
			t.Error("a server that is down was written to")
		}
	}
	memory := bot.Memory{State: decide.State{Dynos: 7, Known: true}}
	if err := db.Remember(memory); err != nil {
		t.Errorf("Remember: %v", err)
	}

	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	keepAll(t, db, all[300:]...)
	if got := records(t, db, history.Query{Limit: 1000}); !same(t, got, all) {
		t.Errorf("%d records are there, want all 400", len(got))
	}
	if m, ok, err := db.Memory(t.Context()); !ok || err != nil || !reflect.DeepEqual(m, memory) {
		t.Errorf("remembered %+v, %v, %v", m, ok, err)
	}
	shut(t, db)
	text := log.String()
	if strings.Count(text, "cannot be written") != 1 || strings.Count(text, "can be written again") != 1 || !strings.Contains(text, "lost=0") {
		t.Errorf("the log says\n%s", text)
	}
	if strings.Contains(text, "s3cr") {
		t.Errorf("the log shows the password:\n%s", text)
	}
}

func TestTooMuchForTheBufferDropsTheOldest(t *testing.T) {
	racetest.Long(t)
	s := postgrestest.New(t)
	l := lab{url: s.URL("postgres"), stays: true}
	log := &logtest.Buffer{}
	db := l.open(t, func(o *history.Options) { o.Log = slog.New(slog.NewTextHandler(log, nil)) })
	s.Stop()
	all := beats(noon, time.Second, 10_123)
	push(t, db, all...)
	if err := db.Flush(t.Context()); err == nil {
		t.Error("a server that is down was written to")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	keepAll(t, db)
	got := records(t, db, history.Query{Limit: 10_000})
	if oldest := records(t, db, history.Query{To: got[0].Time}); len(got) != 10_000 || len(oldest) != 0 || !same(t, got[0], all[123]) {
		t.Errorf("%d records are there and %d older ones, the first of %v; want 10,000 from %v", len(got), len(oldest), got[0].Time, all[123].Time)
	}
	if !strings.Contains(log.String(), "lost=123") {
		t.Errorf("the log says\n%s", log)
	}
}

func TestABotCanStartWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	s := postgrestest.New(t)
	s.Stop()
	l := lab{url: s.URL("postgres"), stays: true}
	if _, err := history.Open(t.Context(), history.Options{URL: l.url}); err == nil {
		t.Error("a server that is down was opened")
	}
	db := l.open(t, func(o *history.Options) { o.Later = true })
	if _, _, err := db.Memory(t.Context()); err == nil || strings.Contains(err.Error(), "s3cr") {
		t.Errorf("reading from a server that is down: %v", err)
	}
	all := beats(noon, 30*time.Second, 10)
	push(t, db, all...)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	keepAll(t, db)
	if got := records(t, db, history.Query{}); !same(t, got, all) {
		t.Errorf("%d records are there, want all 10", len(got))
	}
}

func TestClosingEndsInTimeWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	s := postgrestest.New(t)
	l := lab{url: s.URL("postgres"), stays: true}
	db, err := history.Open(t.Context(), history.Options{URL: l.url, App: "forest", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	push(t, db, beats(noon, 30*time.Second, 10)...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := db.Close(ctx); err == nil || !strings.Contains(err.Error(), "10 records and events were not written") {
		t.Errorf("Close: %v", err)
	}
}

func TestAServerThatIsDownAtTheStartIsRecalled(t *testing.T) {
	t.Parallel()
	s := postgrestest.New(t)
	l := lab{url: s.URL("postgres"), stays: true}
	l.pause(t)
	s.Stop()
	db := l.open(t, later(&logtest.Buffer{}))
	if _, _, err := db.Memory(t.Context()); err == nil {
		t.Fatal("the server is not down")
	}
	times := recalls(t, db)
	remember(t, db, remembered)
	all := beats(noon, 30*time.Second, 20)
	push(t, db, all...)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	keepAll(t, db)
	if n := times(); n != 1 {
		t.Errorf("it was recalled %d times", n)
	}
	shut(t, db)
	wantMerged(t, l, all)
}

// With a read-only server, such as a standby, or with the schema of a newer version, the bot starts anyway, warns, and
// uses the server once that is possible.
func TestAServerThatCannotBeWrittenYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spoil, mend string }{
		"only reads": {
			"alter database postgres set default_transaction_read_only = on",
			"set default_transaction_read_only = off; alter database postgres reset default_transaction_read_only;" +
				"select pg_terminate_backend(pid) from pg_stat_activity where datname = 'postgres' and pid <> pg_backend_pid()",
		},
		"a newer version": {
			"insert into autoscalebot_schema (version) values (99)", "delete from autoscalebot_schema where version = 99",
		},
		"a login that is refused": {"alter role current_user nologin", "alter role current_user login"},
		"a table of another program's": {
			"drop table autoscalebot_leases; alter table autoscalebot_bots rename to kept; create table autoscalebot_bots (x int)",
			"drop table autoscalebot_bots; alter table kept rename to autoscalebot_bots",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := lab{url: postgrestest.New(t).URL("postgres"), stays: true}
			shut(t, l.open(t))
			raw := l.raw(t)
			defer raw.Close()
			run := func(statements string) {
				for statement := range strings.SplitSeq(statements, ";") {
					if _, err := raw.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
			}
			raw.SetMaxOpenConns(1)
			run(c.spoil)
			if db, err := history.Open(t.Context(), history.Options{URL: l.url, App: "meadow", ProcessType: "web"}); err == nil {
				shut(t, db)
				t.Fatal("it can be used")
			}
			log := &logtest.Buffer{}
			db := l.open(t, later(log), func(o *history.Options) { o.App = "meadow" })
			if !warns(db, "cannot be written") || !strings.Contains(log.String(), "level=WARN") {
				t.Errorf("no warning: %q, log\n%s", db.Warnings(), log)
			}
			run(c.mend)
			eventually(t, "it to be used", func() bool { return db.Flush(t.Context()) == nil })
			if len(db.Warnings()) > 0 {
				t.Errorf("still warns: %q", db.Warnings())
			}
		})
	}
}
