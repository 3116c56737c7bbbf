package local

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
)

// Reads "+ID" for a started process group and "-ID" for an ended one. When the pipe ends, the bot has ended, and the
// remaining groups are killed. IDs that are not numbers, 0 and 1 are ignored: `kill -9 -1` would kill every process.
const watch = `trap '' HUP INT QUIT TERM
groups=
while read -r line; do
	id=${line#?}
	case $id in '' | 0* | 1 | *[!0-9]*) continue ;; esac
	case $line in
	+*) groups="$groups $id" ;;
	-*)
		kept=
		for g in $groups; do [ "$g" = "$id" ] || kept="$kept $g"; done
		groups=$kept
		;;
	esac
done
for g in $groups; do kill -9 "-$g"; done`

type watchdog struct {
	pipe  *os.File // its writing end; processes report themselves through it, see launch
	ended chan struct{}

	mu     sync.Mutex
	closed bool
}

func startWatchdog(shell string, log *slog.Logger) (*watchdog, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command(shell, "-c", watch)
	cmd.Stdin = r
	cmd.Dir = "/" // keeps no folder in use
	cmd.Env = []string{}
	cmd.SysProcAttr = ownSession()
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		return nil, err
	}
	dog := &watchdog{pipe: w, ended: make(chan struct{})}
	go func() {
		defer close(dog.ended)
		_ = cmd.Wait()
		dog.mu.Lock()
		defer dog.mu.Unlock()
		if !dog.closed {
			log.Warn("the watchdog of the local processes has ended: if the bot is killed, they outlive it",
				"exit", cmd.ProcessState)
		}
	}()
	return dog, nil
}

// From now on the id may be reused.
func (d *watchdog) forget(group int) { _, _ = fmt.Fprintf(d.pipe, "-%d\n", group) }

func (d *watchdog) end() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	_ = d.pipe.Close()
	<-d.ended
}
