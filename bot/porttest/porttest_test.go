package porttest_test

import (
	"net"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func TestPortsAreFreeAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		addr := porttest.Addr(t)
		l, err := net.Listen("tcp", addr)
		if err != nil || seen[addr] {
			t.Fatalf("%s: %v, given before: %v", addr, err, seen[addr])
		}
		defer l.Close()
		seen[addr] = true
	}
}
