//go:build unix

package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDeadlineEndsTheWholeProcessGroup(t *testing.T) {
	p, dir := open(t, "echo 1", "(exec 3>alive; sleep 1000) & echo waiting >&2; wait # $1", func(o *Options) {
		o.Timeout = 300 * time.Millisecond
	})
	// The pipe ends when the last process that holds it open for writing has.
	name := filepath.Join(dir, "alive")
	must(t, syscall.Mkfifo(name, 0o600))
	alive, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	must(t, err)
	defer alive.Close()
	began := time.Now()
	err = p.Resize(t.Context(), 3)
	if want := "scale command: it took longer than 300ms, so it was stopped: waiting"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v to give up", d)
	}
	_ = alive.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(alive); err != nil {
		t.Errorf("a grandchild outlived the deadline: %v", err)
	}
}

func TestDaemonThatHoldsTheOutputDoesNotHang(t *testing.T) {
	for _, count := range []string{"echo 2; sleep 5 &", "sleep 5 & echo 2; exit 0"} {
		p, _ := open(t, count, "true")
		began := time.Now()
		if n, _, err := p.Size(t.Context()); n != 2 || err != nil {
			t.Errorf("%s: %d, %v", count, n, err)
		}
		if d := time.Since(began); d > 4*time.Second {
			t.Errorf("%s: it took %v", count, d)
		}
	}
	p, _ := open(t, "sleep 5 & echo broken >&2; exit 4", "true")
	if _, _, err := p.Size(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 4: broken") {
		t.Errorf("a command that fails beside its daemon gave %v", err)
	}
}
