package service

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
)

// Without a file, or with one that can be read only once, the bot says so and continues.
func TestWithoutAFileThereIsNothingToRead(t *testing.T) {
	inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, someApp)
		os.Remove("autoscale.yaml")
		if err := syscall.Mkfifo("autoscale.yaml", 0o600); err != nil {
			t.Skip(err)
		}
		if _, err := r.reloader.reload("somebody"); !errors.Is(err, errOnce) {
			t.Errorf("a pipe: %v", err)
		}
		t.Setenv("AUTOSCALE_FILE", "")
		if _, err := r.reloader.reload("somebody"); !errors.Is(err, errNoFile) {
			t.Errorf("no file: %v", err)
		}
		if r.lastReload() != nil || len(r.Service.warnings()) > 0 {
			t.Errorf("the last reload is %+v", r.lastReload())
		}
		t.Setenv("AUTOSCALE_FILE", "autoscale.yaml")
		os.Remove("autoscale.yaml")
		write(t, someApp)
		r.stop()
	})
}
