// Package racetest tells tests whether the race detector is on, which makes what computes for long some ten times as slow.
package racetest

import "testing"

// Skip skips a test that computes for long, in one goroutine or in the ways through the code that others take too, where the race detector
// has nothing more to find. CI runs such tests without it.
func Skip(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("computes for long: runs without the race detector")
	}
}
