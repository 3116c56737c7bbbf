//go:build race

package chart_test

// raced says that the race detector makes everything slow.
const raced = true
