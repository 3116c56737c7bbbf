package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
)

// The history and the signals accept the database URL of an app, with the query parameters of its object mapper.
func TestCheckTakesTheAppsDatabaseURL(t *testing.T) {
	t.Parallel() // waits more than it computes
	db := postgrestest.New(t).URL("postgres")
	base := []string{
		"PATH=" + os.Getenv("PATH"), "PLATFORM=command", "COUNT_COMMAND=echo 1", "SCALE_COMMAND=true", "HEARTBEAT_URL=none", "CONTROL_URL=none",
		"HEROKU_APP_NAME=shop", "RULES=jobs max=100 min=10",
	}
	with := func(parameters string) string {
		if strings.Contains(db, "?") {
			return db + "&" + parameters
		}
		return db + "?" + parameters
	}
	prisma := with("schema=public&connection_limit=5&pool_timeout=10&pgbouncer=true")
	o := runOnce(t, append(base, "DATABASE_URL="+prisma, "SIGNALS=jobs="+prisma+"#select 7"), "check")
	for _, want := range []string{
		"history ok will be kept in the PostgreSQL database", "jobs ok 7 jobs",
		"DATABASE_URL: parameters of other libraries are ignored: connection_limit, pgbouncer, pool_timeout", "SIGNALS jobs: parameters of other libraries",
	} {
		if o.code != exitFine || !strings.Contains(oneSpaced(o.stdout), want) {
			t.Errorf("code %d, want %q\n%s%s", o.code, want, o.stdout, o.stderr)
		}
	}
	tables := with("schema=pg_catalog")
	o = runOnce(t, append(base, "HISTORY=none", "SIGNALS=jobs="+strings.Replace(tables, "postgres://", "postgresql+psycopg2://", 1)+"#select count(*) from current_schemas(false) s where s[1] = 'pg_catalog'"), "check")
	if !strings.Contains(oneSpaced(o.stdout), "jobs ok 1 jobs") {
		t.Errorf("the schema does not hold:\n%s%s", o.stdout, o.stderr)
	}
	o = runOnce(t, append(base, "DATABASE_URL="+with("shcema=s3cr3t"), "SIGNALS=jobs="+with("foo=s3cr3t")+"#select 7"), "check")
	for _, want := range []string{"2 settings are wrong", "DATABASE_URL: unknown parameter shcema", "jobs: unknown parameter foo"} {
		if o.code != exitUsage || !strings.Contains(o.stderr, want) || strings.Contains(o.stdout+o.stderr, "s3cr3t") {
			t.Errorf("code %d, want %q\n%s%s", o.code, want, o.stdout, o.stderr)
		}
	}
}
