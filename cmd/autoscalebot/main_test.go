package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(cleaner{m}, map[string]func(){"autoscalebot": main}) }

// cleaner removes the binary that tests have built.
type cleaner struct{ m *testing.M }

func (c cleaner) Run() int {
	defer func() {
		if dir, err := builtDir(); err == nil {
			os.RemoveAll(dir)
		}
	}()
	return c.m.Run()
}

var builtDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "autoscalebot-test-") })

// binary returns the path of the program, built as it is shipped.
func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := builtDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "autoscalebot")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return path, cmd.Run()
})

// The command line, as people use it: testdata/script holds a file for each story.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
