//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/notify"
)

// If the state is unreadable at the start and readable later, a pause in it applies again and is notified, unless a resume came first. It
// survives the next kill.
func TestAPauseCountsAgain(t *testing.T) {
	for name, kept := range map[string]string{"history": "HISTORY=sqlite:", "state": "STATE_FILE="} {
		for _, resumed := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				app, hook := newHeart(t), newHook(t)
				env, _ := counted(t, app, "1")
				dir := filepath.Join(t.TempDir(), "mounted")
				mount := func(from, to string) {
					if err := os.Rename(from, to); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				env = append(env, kept+filepath.Join(dir, "kept"), "XDG_RUNTIME_DIR="+t.TempDir(),
					"NOTIFICATION_BACKENDS=webhook", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret)
				ask := func(words ...string) string {
					o := runOnce(t, env, words...)
					if o.code != exitFine {
						t.Fatalf("%q: code %d, %s", words, o.code, o.stderr)
					}
					return o.stdout
				}
				beats := func(b *process) {
					b.wait("heartbeats", func() bool { return strings.Contains(b.log.String(), "held at") })
				}
				b := start(t, nil, env...)
				beats(b)
				ask("pause", "up")
				b.wait("the pause", func() bool { return hook.take(notify.Paused, notify.Opened) })
				_ = b.cmd.Process.Kill()
				<-b.ended

				mount(dir, dir+" away")
				b = start(t, nil, env...)
				beats(b)
				if status := ask("status"); strings.Contains(status, "paused") {
					t.Fatalf("the file is in reach: status says\n%s", status)
				}
				if resumed {
					ask("resume")
				}
				mount(dir+" away", dir)
				b.wait("the recall", func() bool { return strings.Contains(b.log.String(), "can be read again, and is in use") })
				if paused := strings.Contains(ask("status"), "paused"); paused == resumed {
					t.Errorf("paused: %v, although resumed meanwhile: %v", paused, resumed)
				}
				if !resumed {
					b.wait("a notice", func() bool { return hook.take(notify.Paused, notify.Reminded) })
				}
				b.wait("the file", func() bool {
					return strings.Contains(b.log.String(), "in its file again") || strings.Contains(b.log.String(), "can be written again")
				})
				before := app.beats.Load()
				b.wait("heartbeats to be noted there", func() bool { return app.beats.Load() >= before+5 })
				if status := ask("status"); strings.Contains(status, "warning ") || hook.take(notify.SecondBot, notify.Opened) {
					t.Errorf("the file is there again, and the bot that was killed runs no longer: status says\n%s", status)
				}
				_ = b.cmd.Process.Kill()
				<-b.ended
				b = start(t, nil, env...)
				beats(b)
				if paused := strings.Contains(ask("status"), "paused"); paused == resumed {
					t.Errorf("after a restart paused: %v, although resumed meanwhile: %v", paused, resumed)
				}
				b.terminate()
			})
		}
	}
}
