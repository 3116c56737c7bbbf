package remote_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

type faulty struct {
	address string
	logins  atomic.Int32 // keys offered to it
}

func startFaulty(t testing.TB, host ssh.Signer, accept func(net.Conn) bool, run func(ssh.Channel)) *faulty {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f := &faulty{address: l.Addr().String()}
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		f.logins.Add(1)
		return nil, nil
	}}
	config.AddHostKey(host)
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				go func() { <-done; conn.Close() }()
				if accept != nil && !accept(conn) {
					<-done
					return
				}
				_, channels, requests, err := ssh.NewServerConn(conn, config)
				if err != nil {
					return
				}
				go ssh.DiscardRequests(requests)
				for c := range channels {
					if run == nil {
						c.Reject(ssh.ResourceShortage, "no more sessions")
						continue
					}
					channel, requests, err := c.Accept()
					if err != nil {
						return
					}
					go func() {
						for r := range requests {
							r.Reply(true, nil)
							if r.Type == "exec" {
								go func() { run(channel); channel.Close() }()
							}
						}
					}()
				}
			}()
		}
	}()
	return f
}

func TestFaultyServers(t *testing.T) {
	host, client := newKey(t, ""), newKey(t, "")
	exit := func(c ssh.Channel, status uint32) {
		c.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
	}
	for _, c := range []struct {
		name   string
		accept func(net.Conn) bool
		run    func(ssh.Channel)
		want   string
		login  bool
	}{
		{name: "says nothing", accept: func(net.Conn) bool { return false }, want: "the login took longer than 300ms"},
		{name: "hangs up", accept: func(c net.Conn) bool { c.Close(); return false }, want: "handshake failed"},
		{name: "is another protocol", accept: func(c net.Conn) bool { c.Write([]byte("HTTP/1.1 400 Bad\r\n\r\n")); return false }, want: "run a command on"},
		{name: "has no session", want: "no more sessions", login: true},
		{name: "ends without a status", run: func(ssh.Channel) {}, want: "without exit status", login: true},
		{name: "ends with 200", run: func(c ssh.Channel) { exit(c, 200) }, want: "status 200", login: true},
		{name: "complains without end", run: func(c ssh.Channel) {
			for range 1000 {
				c.Stderr().Write([]byte(strings.Repeat("no ", 1000)))
			}
			exit(c, 1)
		}, want: "no no no", login: true},
		{name: "talks without end", run: func(c ssh.Channel) {
			for range 500 {
				c.Write(make([]byte, 10000))
			}
			exit(c, 0)
		}, want: "more than 4 MB", login: true},
		{name: "ends by a signal", run: func(c ssh.Channel) {
			c.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Signal     string
				Dumped     bool
				Text, Lang string
			}{Signal: "KILL"}))
		}, want: "ended by a signal", login: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := startFaulty(t, host.signer, c.accept, c.run)
			m := machine(t, remote.SSHOptions{
				KeyFile: client.file, KnownHostsFile: knownHosts(t, f.address, host.signer.PublicKey()), DialTimeout: dialTime(c.login),
			}, "deploy@"+f.address)
			begun := time.Now()
			_, err := remote.Run(t.Context(), m, "true", nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 3000 {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
			if in := f.logins.Load() > 0; in != c.login || time.Since(begun) > 10*time.Second {
				t.Errorf("logged in: %v, after %v", in, time.Since(begun))
			}
		})
	}
}

func dialTime(lets bool) time.Duration {
	if lets {
		return 20 * time.Second
	}
	return 300 * time.Millisecond
}

// A machine with another host key gets no login and no command.
func TestOtherMachineIsRefused(t *testing.T) {
	host, client, other := newKey(t, ""), newKey(t, ""), newKey(t, "")
	ran := atomic.Bool{}
	f := startFaulty(t, host.signer, nil, func(ssh.Channel) { ran.Store(true) })
	for name, c := range map[string]struct{ known, want string }{
		"wrong":        {knownHosts(t, f.address, other.signer.PublicKey()), "The machine was reinstalled, or it is another one"},
		"unknown":      {knownHosts(t, "elsewhere:22", host.signer.PublicKey()), "add it with ssh-keyscan"},
		"other type":   {knownHosts(t, f.address, newRSAKey(t).signer.PublicKey()), "no common algorithm"},
		"nobody known": {knownHosts(t, f.address), "add it with ssh-keyscan"},
	} {
		t.Run(name, func(t *testing.T) {
			m := machine(t, remote.SSHOptions{KeyFile: client.file, KnownHostsFile: c.known}, "deploy@"+f.address)
			_, err := remote.Run(t.Context(), m, "true", nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
	if f.logins.Load() > 0 || ran.Load() {
		t.Errorf("%d keys were shown to it, and a command was run: %v", f.logins.Load(), ran.Load())
	}
}

// A command that never ends is abandoned at the deadline.
func TestHangingCommand(t *testing.T) {
	host, client := newKey(t, ""), newKey(t, "")
	hang := make(chan struct{})
	defer close(hang)
	begun := make(chan struct{}, 1)
	f := startFaulty(t, host.signer, nil, func(ssh.Channel) { begun <- struct{}{}; <-hang })
	m := machine(t, remote.SSHOptions{KeyFile: client.file, KnownHostsFile: knownHosts(t, f.address, host.signer.PublicKey())}, "deploy@"+f.address)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-begun; cancel(errors.New("enough")) }()
	if _, err := remote.Run(ctx, m, "true", nil); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("the error is %v", err)
	}
}
