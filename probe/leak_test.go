package probe_test

import (
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

// 0 where the system doesn't tell
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestNothingIsLeakedToAFlakyServer(t *testing.T) {
	probes := 10_000
	if racetest.On {
		probes = 1_000
	}
	answers := []func(net.Conn){
		say(ok + "Content-Length: 4\r\n\r\nBeat"), say(ok + "\r\nBeat"), say(ok + "Content-Length: 5\r\n\r\nBeat"), say(ok), say(""), say("nonsense\r\n\r\n"),
		reset, then(say(ok+"\r\nBe"), reset), say("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), say("HTTP/1.1 503 \r\nContent-Length: 4\r\n\r\nOops"),
		then(say("HTTP/1.1 404 \r\nContent-Length: 4\r\n\r\n"), hang),
		say("HTTP/1.1 302 Found\r\nLocation: https://other.invalid/\r\n\r\n"),
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	addr := listen(t, func(c net.Conn) {
		mu.Lock()
		next := answers[random.IntN(len(answers))]
		mu.Unlock()
		next(c)
	})
	seen := map[probe.Outcome]int{}
	for _, keep := range []bool{false, true} {
		h := dialing(t, probe.HeartbeatOptions{URL: "http://" + addr, KeepAlive: keep}, to(addr))
		seen[take(t, h).Outcome]++
		goroutines, files := runtime.NumGoroutine(), descriptors()
		for range probes / 2 {
			seen[take(t, h).Outcome]++
		}
		// The server's half of the last probes may still be about to end.
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines+4 || descriptors() > files+4; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%d goroutines, %d before; %d files, %d before", runtime.NumGoroutine(), goroutines, descriptors(), files)
			}
		}
	}
	if seen[probe.Timeout] > 0 || len(seen) != 5 {
		t.Errorf("outcomes: %v", seen)
	}
}

// An answer that is not read to its end is hung up on, though its connection might be kept.
func TestUnreadBodiesEndTheirConnections(t *testing.T) {
	gone := make(chan struct{})
	end := func(net.Conn) { gone <- struct{}{} }
	endless := listen(t, then(then(say(ok+"\r\n"), repeat("Beat")), end))
	redirect := listen(t, then(then(say("HTTP/1.1 302 Found\r\nLocation: http://"+endless+"/\r\nContent-Length: 4\r\n\r\n"), hang), end))
	for addr, connections := range map[string]int{endless: 1, redirect: 2} {
		r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, KeepAlive: true}))
		if r.Outcome != probe.Answered {
			t.Errorf("got %+v", r)
		}
		for range connections {
			<-gone
		}
	}
}

// A hanging handshake that nobody waits for must end: net/http would keep it forever.
func TestNothingIsLeakedToAServerThatHangs(t *testing.T) {
	gone := make(chan struct{})
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) { hang(c); gone <- struct{}{} })
	for _, url := range []string{"http://" + addr, "https://" + addr} {
		for _, keep := range []bool{false, true} {
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: url, KeepAlive: keep, Timeout: 100 * time.Millisecond}))
			if want := map[bool]probe.Outcome{false: probe.Timeout, true: probe.ConnectTimeout}[strings.HasPrefix(url, "https")]; r.Outcome != want {
				t.Errorf("got %+v, want %s", r, want)
			}
			<-gone
		}
	}
}
