package cli

import (
	"os"
	"testing"
)

// The size of the stripped binary in MB, from docs/performance.md. A tenth more is accepted.
const promisedSize = 40

func TestTheBinaryIsAsSmallAsPromised(t *testing.T) {
	info, err := os.Stat(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	size := float64(info.Size()) / 1e6
	t.Logf("%.1f MB", size)
	if size > 1.1*promisedSize {
		t.Errorf("the binary has %.1f MB, more than a tenth above the %d MB that are promised", size, promisedSize)
	}
}
