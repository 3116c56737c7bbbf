// Package porttest provides ports for the programs that tests start.
package porttest

import (
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

// The ports are below those that systems assign to port 0 and to outgoing connections (from 32768 on Linux). Each
// process uses one block of them. Nobody else therefore takes a port before the program listens on it.
const (
	first  = 10000
	block  = 64
	blocks = (32768 - first) / block
)

var (
	mu   sync.Mutex
	next int
)

// Addr returns a free address of 127.0.0.1, such as 127.0.0.1:10064. Each call returns another one, until all 64 of the
// process are used.
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

// Port returns the port of an [Addr].
func Port(t testing.TB) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(Addr(t))
	return port
}
