package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A Front is the balancer in front of the demo's servers.
type Front struct {
	pool.Balancer
	// URL is the balancer's own, for requests to the app.
	URL string
	// Name is what the demo shows, such as "HAProxy 2.6.12".
	Name  string
	close func()
}

// Close stops the balancer.
func (f *Front) Close() { f.close() }

// The kinds of balancers.
const (
	Auto    = "auto"     // HAProxy if it is installed, else the built-in balancer
	HAProxy = "haproxy"  // HAProxy, else an error
	BuiltIn = "built-in" // the balancer inside this program
)

// OpenFront starts a balancer of a kind. It looks for HAProxy on the PATH and in the usual folders.
func OpenFront(ctx context.Context, kind string) (*Front, error) {
	switch kind {
	case Auto:
		f, err := openHAProxy(ctx)
		if err == nil || ctx.Err() != nil {
			return f, err
		}
		return openBuiltIn(fmt.Sprintf("the built-in balancer (%v)", err))
	case HAProxy:
		return openHAProxy(ctx)
	case BuiltIn:
		return openBuiltIn("the built-in balancer")
	}
	return nil, fmt.Errorf("invalid balancer %q: must be %s, %s or %s", kind, Auto, HAProxy, BuiltIn)
}

func openBuiltIn(name string) (*Front, error) {
	b, err := local.NewBalancer(local.BalancerOptions{})
	if err != nil {
		return nil, err
	}
	return &Front{Balancer: b, URL: b.URL(), Name: name, close: b.Close}, nil
}

// The configuration names no servers: the pool adds and removes them through the socket.
const haproxyConfig = `global
  stats socket "${ADMIN_SOCKET}" mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout queue 5s
  timeout http-request 10s
frontend demo
  bind "127.0.0.1:${PORT}"
  default_backend servers
backend servers
  balance leastconn
`

const (
	haproxyStart  = 10 * time.Second
	longestSocket = 100 // bytes; macOS allows 103
)

// HAProxy runs under the provider of local servers, which ends it even if this program is killed.
func openHAProxy(ctx context.Context) (f *Front, err error) {
	path, version, err := findHAProxy(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := socketFolder()
	if err != nil {
		return nil, fmt.Errorf("create a folder for HAProxy: %w", err)
	}
	var said tail
	socket, config := filepath.Join(dir, "admin.sock"), filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(config, []byte(haproxyConfig), 0o600); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("write HAProxy's configuration: %w", err)
	}
	keeper, err := local.NewProvider(local.ProviderOptions{
		Command: `exec "$HAPROXY" -db -f "$CONFIG"`, Dir: dir, Out: &said,
		Env: []string{"HAPROXY=" + path, "CONFIG=" + config, "ADMIN_SOCKET=" + socket},
	})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	f = &Front{Name: "HAProxy " + version, close: sync.OnceFunc(func() {
		keeper.Close()
		_ = os.RemoveAll(dir)
	})}
	address, err := listens(ctx, keeper, socket)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("start HAProxy: %w %s", err, said.text())
	}
	f.URL = "http://" + address
	f.Balancer, err = haproxy.New(haproxy.Options{
		Sockets: []string{"unix://" + socket}, Backend: "servers", ServerOptions: "check inter 1s fall 2 rise 1",
	})
	if err == nil {
		_, err = f.Members(ctx)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("ask HAProxy for its servers: %w", err)
	}
	return f, nil
}

// HAProxy creates its socket after it begins to listen, so both are awaited.
func listens(ctx context.Context, p *local.Provider, socket string) (address string, err error) {
	ctx, cancel := context.WithTimeout(ctx, haproxyStart)
	defer cancel()
	s, err := p.Create(ctx, pool.Order{Name: "haproxy"})
	for ; err == nil; s, err = p.Describe(ctx, s.ID) {
		switch s.State {
		case pool.Active:
			var d net.Dialer
			if c, err := d.DialContext(ctx, "tcp", s.Address); err == nil {
				_ = c.Close()
				if _, err := os.Stat(socket); err == nil {
					return s.Address, nil
				}
			}
		case pool.Off, pool.Failed:
			return "", errors.New(s.Note)
		case pool.Making, pool.Ending:
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return "", fmt.Errorf("it does not listen: %w", ctx.Err())
		}
	}
	return "", err
}

var haproxyVersion = regexp.MustCompile(`version (([0-9]+)\.([0-9]+)[0-9.]*)`)

// On Debian the PATH of a user lacks the folder of haproxy.
func findHAProxy(ctx context.Context) (path, version string, err error) {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if err != nil {
		return "", "", errors.New("haproxy is not installed")
	}
	ctx, cancel := context.WithTimeout(ctx, haproxyStart)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-v")
	cmd.Env = []string{} // no secrets
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("ask %s for its version: %w", path, err)
	}
	m := haproxyVersion.FindSubmatch(out)
	if m == nil {
		return "", "", fmt.Errorf("%s does not print its version", path)
	}
	major, _ := strconv.Atoi(string(m[2]))
	minor, _ := strconv.Atoi(string(m[3]))
	if major < 2 || major == 2 && minor < 5 {
		return "", "", fmt.Errorf("HAProxy %s cannot add servers at run time: must be 2.5 or newer", m[1])
	}
	return path, string(m[1]), nil
}

// The path of a Unix socket is limited, and TMPDIR may be long.
func socketFolder() (string, error) {
	dir, err := os.MkdirTemp("", "autoscalebot-demo-")
	if err == nil && len(dir)+len("/admin.sock") > longestSocket {
		_ = os.RemoveAll(dir)
		return os.MkdirTemp("/tmp", "autoscalebot-demo-")
	}
	return dir, err
}

type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() > 4<<10 {
		t.b.Reset()
	}
	return t.b.Write(p)
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(t.b.String()), " ")
}
