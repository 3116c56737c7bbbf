//go:build race

package dashboard_test

// raced says that the race detector makes everything slow.
const raced = true
