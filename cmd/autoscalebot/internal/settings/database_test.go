package settings_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// URLs that applications use are accepted, with the parameters that PostgreSQL knows.
func TestDatabaseURLsOfApplications(t *testing.T) {
	racetest.Computes(t)
	for text, c := range map[string]struct {
		query string   // what is left behind the question mark
		left  []string // what is said to be left out
	}{
		"postgres://u:p@h:5432/d":                  {},
		"postgresql://u:p@h/d?sslmode=require":     {query: "sslmode=require"},
		"postgresql+psycopg2://u:p@h/d":            {},
		"postgresql+asyncpg://u:p@h/d?ssl=require": {query: "sslmode=require"},
		"postgis://u:p@h/d":                        {},
		"pgsql://u:p@h/d":                          {},
		"jdbc:postgresql://h/d?user=u&password=p":  {query: "user=u&password=p"},
		"jdbc:postgresql://h/d?currentSchema=a,b&ApplicationName=shop&prepareThreshold=0&ssl=true": {
			query: "search_path=a,b&application_name=shop&sslmode=require", left: []string{"prepareThreshold"},
		},
		"postgres://u:p@h/d?schema=public": {},
		"postgres://u:p@h/d?schema=public&connection_limit=5&pool_timeout=10&pgbouncer=true&statement_cache_size=0&socket_timeout=3": {
			left: []string{"connection_limit", "pgbouncer", "pool_timeout", "socket_timeout", "statement_cache_size"},
		},
		"postgres://u:p@h/d?schema=shop":                                       {query: "search_path=shop"},
		"postgres://u:p@h/d?schema=My%20Shop":                                  {query: "search_path=%22My+Shop%22"},
		"postgres://u:p@h/d?schema=shop&search_path=other":                     {query: "search_path=other"},
		"postgres://u:p@h/d?sslmode=require&sslaccept=strict":                  {query: "sslmode=verify-full"},
		"postgres://u:p@h/d?sslmode=require&sslaccept=accept_invalid_certs":    {query: "sslmode=require"},
		"postgres://u:p@h/d?sslmode=disable&ssl=true":                          {query: "sslmode=disable"},
		"postgres://u:p@h/d?sslmode=no-verify&uselibpqcompat=true":             {query: "sslmode=require", left: []string{"uselibpqcompat"}},
		"postgres://u:p@h/d?sslmode=require&channel_binding=require":           {query: "sslmode=require&channel_binding=require"},          // Neon
		"postgres://u:p@h/d?pool=5&prepared_statements=false&encoding=utf8":    {left: []string{"encoding", "pool", "prepared_statements"}}, // Rails
		"postgres://u:p@h/d?keepalives=1&keepalives_idle=30&connect_timeout=3": {query: "connect_timeout=3", left: []string{"keepalives", "keepalives_idle"}},
		"postgres://u:p@h/d?options=-c%20geqo%3Doff&statement_timeout=3s&timezone=UTC&jit=off&app.user=x": {
			query: "options=-c+geqo%3Doff&statement_timeout=3s&timezone=UTC&jit=off&app.user=x",
		},
	} {
		env(t, "DATABASE_URL="+text)
		s := loaded(t)
		got, _ := s.HistoryURL()
		front, query, _ := strings.Cut(got, "?")
		have, _ := url.ParseQuery(query)
		want, _ := url.ParseQuery(c.query)
		if !strings.HasPrefix(front, "postgres://") || !strings.Contains(front, "h") || have.Encode() != want.Encode() {
			t.Errorf("%s: the driver gets %s, want %s", text, got, c.query)
		}
		notes := strings.Join(s.Unused(), "\n")
		if c.left == nil && notes != "" || c.left != nil && !strings.HasSuffix(notes, "ignored: "+strings.Join(c.left, ", ")) {
			t.Errorf("%s: the notes are %s, want %v", text, notes, c.left)
		}
		var signals settings.Signals
		if err := signals.Decode("jobs=" + text + "#select 1"); err != nil || signals[0].URL != got || signals[0].Kind != "postgres" {
			t.Errorf("%s as a signal: got %v, %v", text, signals, err)
		}
	}
}

// Unknown parameters are refused by name, in DATABASE_URL and in signals. A DATABASE_URL that is not used is not checked.
func TestDatabaseURLsThatAreRefused(t *testing.T) {
	racetest.Computes(t)
	for text, want := range map[string]string{
		"postgres://u:" + secret + "@h/d?shcema=" + secret:    "unknown parameter shcema",
		"postgres://u:" + secret + "@h/d?ssl=" + secret:       "unknown parameter ssl",
		"postgres://u:" + secret + "@h/d?sslaccept=" + secret: "unknown parameter sslaccept",
		"postgres://u:" + secret + "@h/d?hostaddr=127.0.0.1":  "unknown parameter hostaddr",
		"postgres://u:12?" + secret + "@h/d":                  "%3F",
		"postgres://u:12?x=1&" + secret + "@h/d":              "%3F",
		"postgres://u:p@h/d?a=1;" + secret + "=2":             "%3F",
		"postgres://u:12@" + secret + "@h/d":                  "%40",
		"postgres://u:12/" + secret + "@h/d":                  "%2F",
		"postgres://u:12#" + secret + "@h/d":                  "%23",
	} {
		for _, history := range []string{"auto", "postgres"} {
			env(t, "DATABASE_URL="+text, "HISTORY="+history)
			refused(t, "DATABASE_URL: ", want)
		}
		for _, history := range []string{"memory", "none"} {
			env(t, "DATABASE_URL="+text, "HISTORY="+history)
			loaded(t)
		}
		var signals settings.Signals
		if err := signals.Decode("jobs=" + text + "#select 1"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s as a signal: got %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"mysql://u:p@h/d", "postgres+http://h/d", "jdbc:mysql://h/d", "postgresql+foo://h/d", secret} {
		env(t, "DATABASE_URL="+text, "HISTORY=postgres")
		refused(t, "begins with postgres://")
		env(t, "DATABASE_URL="+text)
		if s, err := settingstest.Load(); err != nil || s.HistoryOnServer() {
			t.Errorf("%s: got %v, and want it to be nothing of ours", text, err)
		}
	}
}

// Any URL is refused, or the result is accepted unchanged. No value is shown.
func FuzzDatabaseURL(f *testing.F) {
	for _, s := range []string{
		"postgres://u:p@h/d?schema=public&connection_limit=1", "jdbc:postgresql://h/d?currentSchema=a&ssl=true", "postgis://h/d?sslaccept=strict",
		"postgresql+psycopg2://h/d?a=b", "postgres:///d?host=/run", "postgres://h?x=%zz", "postgres://h?=1&&", "postgres://h?schema=%22", "psql://h#?a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		again, first := settings.Signals{}, settings.Signals{}
		if first.Decode("jobs="+text+"#select 1") != nil || len(first) != 1 || first[0].Kind != "postgres" || strings.Contains(text, "#") {
			return
		}
		if err := again.Decode("jobs=" + first[0].URL + "#select 1"); err != nil || !slices.Equal(again.Names(), first.Names()) || again[0].URL != first[0].URL {
			t.Errorf("%q became %q and then %v, %v", text, first[0].URL, again, err)
		}
	})
}
