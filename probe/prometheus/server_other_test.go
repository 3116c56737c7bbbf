//go:build !linux

package prometheus_test

import "testing"

const password = "s3cr3t-pass"

func startServer(t testing.TB, _ ...string) (addr string, empty func()) {
	t.Skip("the tests with Prometheus run on Linux")
	return "", nil
}
