//go:build unix

package cli

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// After a kill of the bot its command ends, with all processes that the command started.
func TestAKilledBotLeavesNoCommand(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]string{
		"itself":       `exec 9>"$ALIVE"; exec sleep 1000`,
		"a grandchild": `(exec 9>"$ALIVE"; sleep 1000); echo 1`,
		"in a pipe":    `(exec 9>"$ALIVE"; trap "" TERM HUP INT; sleep 1000) | cat`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := counted(t, newHeart(t), "1")
			pipe := filepath.Join(t.TempDir(), "alive") // at its end when the last process that writes to it has ended
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			alive, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer alive.Close()
			b := start(t, nil, append(env, "COUNT_COMMAND="+command+"; exit 1", "ALIVE="+pipe, "COMMAND_ENV=ALIVE", "ADMIN_SOCKET=none")...)
			b.wait("the command to run", func() bool {
				_ = alive.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
				_, err := alive.Read(make([]byte, 1))
				return os.IsTimeout(err) // not its end, which it also reports while no process has it open
			})
			_ = b.cmd.Process.Kill()
			<-b.ended
			_ = alive.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.ReadAll(alive); err != nil {
				t.Errorf("the command outlived the bot: %v", err)
			}
		})
	}
}
