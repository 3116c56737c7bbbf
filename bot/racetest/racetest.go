// Package racetest keeps tests that only compute away from the race detector. It makes them about ten times as slow,
// and finds nothing in one goroutine.
package racetest

import "testing"

// Computes skips a test that only computes, in one goroutine, under the race detector. The test command then runs it
// without the detector.
func Computes(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("only computes: runs without the race detector")
	}
}

// Long skips a test that computes for a long time, in one goroutine or in code that other tests cover, under the race
// detector. Since it takes seconds even without the detector, only CI runs it.
func Long(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("computes for long: CI runs it without the race detector")
	}
}
