//go:build !linux

package history_test

import "testing"

func postgresLab(t testing.TB) lab {
	t.Skip("the tests with PostgreSQL run on Linux")
	return lab{}
}

func stopServers() {}
