package cli

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
)

// As on Heroku, where a worker has no port, and a one-off dyno shares only the database with it.
func TestTheBotIsAskedByWayOfTheDatabase(t *testing.T) {
	t.Parallel()
	db, app := postgrestest.New(t), newHeart(t)
	app.answer(takes(60 * time.Millisecond))
	env, dynos := counted(t, app, "2")
	env = append(env, "DATABASE_URL="+db.URL("postgres"), "ADMIN_SOCKET=none")
	b := start(t, []string{postgrestest.Password, url.QueryEscape(postgrestest.Password)}, append(env, "DYNO=autoscaleworker.1", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=3", "MAX_DYNOS=4")...)
	b.wait("4 dynos", func() bool { return dynos() == "4" })

	oneOff := append(env, "DYNO=run.4711")
	asked := func(want string, args ...string) {
		t.Helper()
		if o := runOnce(t, oneOff, args...); o.code != exitFine || !strings.Contains(o.stdout, want) || strings.Contains(o.stdout+o.stderr, postgrestest.Password) {
			t.Errorf("%v: code %d, want %q\n%s%s", args, o.code, want, o.stdout, o.stderr)
		}
	}
	b.wait("the status", func() bool { // after a heartbeat that knew the dynos
		return strings.Contains(runOnce(t, oneOff, "status").stdout, "instances       4 (limits 1 to 4)")
	})
	asked("scaling up is paused until ", "pause", "up", "1h")
	asked(" set an override of 3 instances until ", "scale", "3", "for", "1h")
	b.wait("3 dynos", func() bool { return dynos() == "3" })
	b.wait("the change to be in the history", func() bool {
		return strings.Contains(runOnce(t, oneOff, "why", "-n", "200").stdout, "scaled 4 → 3: run.4711, process ")
	})
	if o := runOnce(t, oneOff, "scale", "9"); o.code != exitWork || !strings.Contains(o.stderr, "the bot refused: 9 is outside the limits now in force, 1 to 4") {
		t.Errorf("scale 9: code %d, %s", o.code, o.stderr)
	}
	if !strings.Contains(b.log.String(), "run.4711, process ") {
		t.Error("the log does not name the caller")
	}

	// A restart continues from the database.
	b.terminate()
	b = start(t, []string{postgrestest.Password}, append(env, "DYNO=autoscaleworker.1", "MAX_DYNOS=4")...)
	b.wait("the order to hold", func() bool { return strings.Contains(b.log.String(), "held at 3: run.4711, process ") })
	b.terminate()
	if o := runOnce(t, oneOff, "status"); o.code != exitWork || !strings.Contains(o.stderr, "the bot does not answer through its history in ") {
		t.Errorf("with no bot: code %d, %s", o.code, o.stderr)
	}
}
