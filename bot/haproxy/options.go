package haproxy

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options configure [New].
type Options struct {
	// Sockets are the stats sockets of the HAProxies: unix:///run/haproxy/admin.sock, a path, or tcp://host:port. They
	// need level admin. All get the same commands.
	Sockets []string
	// Backend is the name of the backend for the servers. To add servers while HAProxy runs, its algorithm must be
	// roundrobin, leastconn, random, first, or a hash with hash-type consistent. With other algorithms only servers of
	// the configuration are filled.
	Backend string
	// ServerOptions follow the address of an added server, as on HAProxy's server line: check inter 2s. $NAME is the
	// server's name. Empty means no options, and so no health check. HAProxy does not apply default-server to added
	// servers.
	ServerOptions string
	// Port for servers whose address has no port; 0 = none.
	Port int
	// Pool is the name of the pool. Check uses it to count the pool's empty servers.
	Pool string
	// Observe makes Check add no server, not even briefly.
	Observe bool
	// Timeout of the commands to one HAProxy; 0 means 10 s.
	Timeout time.Duration
}

const defaultTimeout = 10 * time.Second

// New checks all options. It makes no connection.
func New(o Options) (*Runtime, error) {
	var wrong []error
	if len(o.Sockets) == 0 {
		wrong = append(wrong, errors.New("no socket of HAProxy is set: must be its stats socket, such as "+
			"unix:///run/haproxy/admin.sock"))
	}
	r := &Runtime{
		backend: o.Backend, options: strings.Join(strings.Fields(o.ServerOptions), " "), port: o.Port,
		pool: o.Pool, observe: o.Observe,
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	for _, s := range o.Sockets {
		network, address, err := socketAddress(s)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		r.all = append(r.all, &process{socket: socket{
			name: s, network: network, address: address,
			timeout: o.Timeout,
		}, backend: o.Backend})
	}
	names := slices.Sorted(slices.Values(o.Sockets))
	if len(slices.Compact(names)) < len(o.Sockets) {
		wrong = append(wrong, errors.New("two sockets are the same"))
	}
	if err := checkName("the backend", o.Backend); err != nil {
		wrong = append(wrong, err)
	}
	if err := checkOptions(o.ServerOptions); err != nil {
		wrong = append(wrong, err)
	}
	if o.Port < 0 || o.Port > 65535 {
		wrong = append(wrong, fmt.Errorf("invalid port of the servers %d: must be 1–65535", o.Port))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return r, nil
}

func socketAddress(s string) (network, address string, err error) {
	if strings.HasPrefix(s, "/") {
		return "unix", s, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.User != nil: // the text may hold a password
		return "", "", errors.New("invalid socket of HAProxy: must be unix:///run/haproxy/admin.sock or " +
			"tcp://host:port, without a password")
	case u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "unix", u.Path, nil
	case u.Scheme == "tcp" && (u.Path == "" || u.Path == "/"):
		if host, port, err := net.SplitHostPort(u.Host); err == nil && host != "" && port != "" {
			return "tcp", u.Host, nil
		}
	}
	return "", "", fmt.Errorf("invalid socket of HAProxy %q: must be unix:///run/haproxy/admin.sock or "+
		"tcp://host:port", s)
}
