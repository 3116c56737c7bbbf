package local

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
)

// watch reads "+ID" for a process group that has begun, "-ID" for one that has ended. When the pipe ends, so has the
// bot, and the groups that are left are ended. An id that is no number is passed over, and so are 0 and 1: `kill -9
// -1` would end every process there is.
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
	pipe  *os.File // its writing end; the processes tell of themselves through it, see launch
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
	cmd.Dir = "/" // it holds no folder busy
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
			log.Warn("the watchdog of the local processes has ended: they would outlive the bot if it were killed",
				"exit", cmd.ProcessState)
		}
	}()
	return dog, nil
}

// The id may be somebody else's from now on.
func (d *watchdog) forget(group int) { _, _ = fmt.Fprintf(d.pipe, "-%d\n", group) }

func (d *watchdog) end() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	_ = d.pipe.Close()
	<-d.ended
}
