// Package rapidtest checks properties with generated values, the same in each run.
package rapidtest

import (
	"flag"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Check is [rapid.Check] with a fixed seed. The flag -rapid.seed or the variable RAPID_SEED sets another, as
// .ci/explore does.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	fix()
	rapid.Check(t, property)
}

var fix = sync.OnceFunc(func() {
	if seed := flag.Lookup("rapid.seed").Value; seed.String() == "0" { // 0 is a random seed
		_ = seed.Set("1")
	}
})
