package haproxy_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

// The Runtime API keeps the contract of a balancer, with servers that it adds and with slots that it fills.
func TestRuntimeIsABalancer(t *testing.T) {
	for name, config := range map[string]string{
		"added": webBackend,
		"slots": webBackend + "  balance static-rr\n  server-template web- 1-3 127.0.0.1:1 check inter 50ms disabled\n",
	} {
		t.Run(name, func(t *testing.T) {
			pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
				p := startProxy(t, config+"  server theirs 127.0.0.1:1 disabled\n")
				w := &world{proxy: p, backends: map[string]*backend{}}
				socket := strings.TrimPrefix(p.Socket, "unix://")
				return pooltest.BalancerFixture{
					Balancer: newRuntime(t, "check inter 50ms", p.Socket),
					Server:   w.server(t), Serves: w.serves(t), Hold: w.hold(t),
					Foreign: func() (id, name string) {
						p.ask(t, "set server web/theirs state drain") // or it would be an empty slot
						return "", "theirs"
					},
					Break: func() (mend func()) {
						must(t, os.Rename(socket, socket+".away"))
						return func() { must(t, os.Rename(socket+".away", socket)) }
					},
				}
			})
		})
	}
}

func TestFileIsABalancer(t *testing.T) {
	pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
		f, p := newFile(t, haproxy.FileOptions{})
		w := &world{proxy: p, backends: map[string]*backend{}}
		return pooltest.BalancerFixture{
			Balancer: f, Server: w.server(t), Serves: w.serves(t), Hold: w.hold(t),
			Break: func() (mend func()) {
				must(t, os.Rename(p.Config, p.Config+".away"))
				must(t, os.Mkdir(p.Config, 0o700))
				return func() {
					must(t, os.Remove(p.Config))
					must(t, os.Rename(p.Config+".away", p.Config))
				}
			},
		}
	})
}

type world struct {
	proxy    *proxy
	backends map[string]*backend // by address
}

func (w *world) server(t *testing.T) func(string) pool.Server {
	return func(name string) pool.Server {
		b := startBackend(t, name)
		w.backends[b.address] = b
		return b.server()
	}
}

func (w *world) serves(t *testing.T) func(pool.Server) bool {
	return func(s pool.Server) bool {
		b := w.backends[s.Address]
		had := b.served.Load()
		for range 6 {
			if resp, err := http.Get(w.proxy.URL); err == nil {
				resp.Body.Close()
			}
		}
		return b.served.Load() > had
	}
}

func (w *world) hold(t *testing.T) func(pool.Server) func() {
	return func(s pool.Server) func() { return w.proxy.slowRequest(t, w.backends[s.Address]) }
}
