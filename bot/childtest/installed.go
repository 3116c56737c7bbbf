package childtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// .ci/install-test-deps installs into this folder.
func folder(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("this user has no folder for caches: %v", err)
	}
	return filepath.Join(cache, "autoscalebot-tests")
}

// Installed returns the path of a program that .ci/install-test-deps builds. It skips the test if it did not.
func Installed(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(folder(t), name)
	if _, err := os.Stat(path); err != nil {
		t.Skip(name + " is not installed (run sh .ci/install-test-deps)")
	}
	return path
}

// NodePath returns the folder of the npm packages of the lock file, for NODE_PATH. It skips the test if
// .ci/install-test-deps has not installed them.
func NodePath(t testing.TB, lock string) string {
	t.Helper()
	dir := folder(t)
	want, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "installed.json"))
	if _, err := exec.LookPath("node"); err != nil || !bytes.Equal(got, want) {
		t.Skip("Node or the npm packages of " + lock + " are not installed (run sh .ci/install-test-deps)")
	}
	return filepath.Join(dir, "node_modules")
}
