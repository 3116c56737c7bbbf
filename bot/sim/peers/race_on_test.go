//go:build race

package peers_test

// raced says that the race detector makes everything slow.
const raced = true
