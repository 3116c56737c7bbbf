// Package racetest keeps tests that only compute away from the race detector, which makes them some ten times as slow
// and has nothing to find in them.
package racetest

import "testing"

// Computes skips a test under the race detector that only computes, in one goroutine. The test command runs it without,
// afterwards.
func Computes(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("only computes: runs without the race detector")
	}
}

// Long skips a test under the race detector that computes for long, in one goroutine or in the ways through the code
// that others take too. It takes seconds without the race detector as well, so that CI runs it, and not the test
// command.
func Long(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("computes for long: CI runs it without the race detector")
	}
}
