//go:build race

package sim_test

// raced says that the race detector makes everything slow.
const raced = true
