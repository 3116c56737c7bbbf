//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A bot that cannot reach its storage still scales, and warns in the log, in status and on the page.
func TestTheBotScalesWithoutItsFiles(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	app.answer(takes(60 * time.Millisecond))
	env, dynos := counted(t, app, "2")
	dir := filepath.Join(t.TempDir(), "not yet")
	env = append(env, "HISTORY=sqlite:"+filepath.Join(dir, "history.db"), "STATE_FILE="+filepath.Join(dir, "state.json"),
		"XDG_RUNTIME_DIR="+t.TempDir(), "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "MAX_DYNOS=3", "DASHBOARD_ADDR=127.0.0.1:0")
	b := start(t, nil, env...)
	b.wait("a scale-up", func() bool { return dynos() == "3" })
	status := func() string { return runOnce(t, env, "status").stdout }
	if told := status(); strings.Count(told, "warning ") != 2 || !strings.Contains(told, "kept in memory") || !strings.Contains(told, "the state file") {
		t.Errorf("status says\n%s", told)
	}
	if page := fetch(t, b.page()+"/"); !strings.Contains(page, "kept in memory") {
		t.Errorf("the page does not warn:\n%.3000s", page)
	}
	// A heartbeat whose desired number is above the maximum warns too.
	if n := strings.Count(b.log.String(), "level=WARN") - strings.Count(b.log.String(), `level=WARN msg="held at`); n != 2 {
		t.Errorf("%d warnings of files in the log, want one for each", n)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.wait("the files to be taken again", func() bool { return !strings.Contains(status(), "warning ") })
	b.terminate()
	for _, name := range []string{"history.db", "state.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// A mistake in the settings is still an error.
func TestAWrongHistoryIsRefused(t *testing.T) {
	t.Parallel()
	env, _ := counted(t, newHeart(t), "1")
	for _, wrong := range []string{"HISTORY=sqlite:", "HISTORY=mysql://h/d", "HISTORY=postgres"} {
		if o := runOnce(t, append(env, wrong)); o.code != exitUsage || !strings.Contains(o.stderr, "HISTORY") {
			t.Errorf("%s: code %d, %s", wrong, o.code, o.stderr)
		}
	}
}
