//go:build race

package proof_test

// raced says that the race detector makes everything slow.
const raced = true
