//go:build race

package history_test

// raced says that the race detector makes everything slow.
const raced = true
