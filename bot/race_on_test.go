//go:build race

package bot_test

// raced says that the race detector makes everything slow.
const raced = true
