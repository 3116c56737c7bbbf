package probe_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	servFail = 2
	nxDomain = 3
)

// It knows addrs under every name, or fails with rcode.
func resolver(rcode uint16, addrs ...string) *net.Resolver {
	answer := func(q []byte) []byte {
		end := 12 // of the question: a name, a type and a class
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		end += 5
		kind := binary.BigEndian.Uint16(q[end-4:])
		a := append([]byte{q[0], q[1], 0x81, 0x80 | byte(rcode), 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
		for _, s := range addrs {
			ip := netip.MustParseAddr(s).AsSlice()
			if kind == map[int]uint16{4: 1, 16: 28}[len(ip)] {
				a = append(a, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(ip)))
				a = append(a, ip...)
				a[7]++
			}
		}
		return a
	}
	serve := func(c net.Conn) {
		defer c.Close()
		var size [2]byte
		for {
			if _, err := io.ReadFull(c, size[:]); err != nil {
				return
			}
			q := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, q); err != nil {
				return
			}
			a := answer(q)
			_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
		}
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go serve(there)
		return here, nil
	}}
}

func TestNamesThatCanNotBeLookedUp(t *testing.T) {
	broken := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("s3cr3t")
	}}
	tests := []struct {
		resolver *net.Resolver
		want     string
	}{
		{resolver(nxDomain), `no such host "foo.invalid"`},
		{resolver(servFail), `the name server cannot resolve "foo.invalid"`},
		{broken, `the name server cannot resolve "foo.invalid"`},
	}
	for _, tt := range tests {
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://foo.invalid/"})
		h.ResolveBy(tt.resolver)
		r := take(t, h)
		if r.Outcome != probe.Unreachable || r.Error != tt.want || r.Phases.DNS == 0 {
			t.Errorf("got %+v\nwant error %q", r, tt.want)
		}
	}
}

func TestEitherFamilyOfAddressesWillDo(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			addr := listenAt(t, host+":0", then(func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, say(ok+"\r\nBeat")))
			// The name has both addresses, the server one of them, so that the dialer has to try twice.
			_, port, _ := net.SplitHostPort(addr)
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://app.example.com:" + port})
			h.ResolveBy(resolver(0, "::1", "127.0.0.1"))
			r := take(t, h)
			if r.Outcome != probe.Answered || r.Phases.DNS == 0 || r.Phases.Connect == 0 {
				t.Errorf("by name: got %+v", r)
			}
			r = take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr}))
			if r.Outcome != probe.Answered || r.Phases.DNS != 0 {
				t.Errorf("by address: got %+v", r)
			}
		})
	}
}
