//go:build !race

package dashboard_test

const raced = false
