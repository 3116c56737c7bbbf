// Package porttest gives tests ports for the programs that they start.
package porttest

import (
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

// The ports below those that systems give to listeners on port 0 and to outgoing connections (Linux begins at 32768),
// in blocks of which each process uses one: so nobody else takes a port between the moment it is given and the moment a
// program listens on it.
const (
	first  = 10000
	block  = 64
	blocks = (32768 - first) / block
)

var (
	mu   sync.Mutex
	next int
)

// Addr returns an address of 127.0.0.1 at which nobody listens, such as 127.0.0.1:10064. It gives another one each
// time, until all 64 of the process were given.
func Addr(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	for range block {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+os.Getpid()%blocks*block+next%block))
		next++
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatalf("none of %d ports is free", block)
	return ""
}

// Port returns the port of an Addr.
func Port(t testing.TB) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(Addr(t))
	return port
}
