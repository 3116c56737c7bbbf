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

// Options are what [New] needs.
type Options struct {
	// Sockets are the Runtime API's, one of each HAProxy: unix:///run/haproxy/admin.sock, a path, or tcp://host:port.
	// Their level is admin. All are told the same.
	Sockets []string
	// Backend is the name of the backend that the servers are for. Its algorithm is one that can change while HAProxy
	// runs: roundrobin, leastconn, random, first, or a hash with hash-type consistent; with others only servers that
	// the configuration has are filled.
	Backend string
	// ServerOptions stand behind the address of a server that is added, as in HAProxy's server line: check inter 2s.
	// $NAME is the server's name. Empty for none, so without a health check. What default-server says does not count
	// for servers that are added.
	ServerOptions string
	// Port is where a server takes requests whose address has no port of its own. 0 where all have one.
	Port int
	// Pool is the name of the pool, with which the names of its servers begin; for Check, which counts empty servers.
	Pool string
	// Observe has Check add no server, not even for a moment.
	Observe bool
	// Timeout bounds what is asked of one HAProxy at a time. 0 is 10 s.
	Timeout time.Duration
}

const defaultTimeout = 10 * time.Second

// New checks the options, all of them, and connects nowhere yet.
func New(o Options) (*Runtime, error) {
	var wrong []error
	if len(o.Sockets) == 0 {
		wrong = append(wrong, errors.New("no socket of a HAProxy is given: name its stats socket, such as "+
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
		wrong = append(wrong, errors.New("a socket is given twice"))
	}
	if err := checkName("the backend", o.Backend); err != nil {
		wrong = append(wrong, err)
	}
	if err := checkOptions(o.ServerOptions); err != nil {
		wrong = append(wrong, err)
	}
	if o.Port < 0 || o.Port > 65535 {
		wrong = append(wrong, fmt.Errorf("the servers' port is %d; a port is 1 to 65535", o.Port))
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
	case err != nil || u.User != nil: // its text may hold a password that somebody thought was needed
		return "", "", errors.New("a socket of HAProxy cannot be read: it is unix:///run/haproxy/admin.sock or " +
			"tcp://host:port, and has no password")
	case u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "unix", u.Path, nil
	case u.Scheme == "tcp" && (u.Path == "" || u.Path == "/"):
		if host, port, err := net.SplitHostPort(u.Host); err == nil && host != "" && port != "" {
			return "tcp", u.Host, nil
		}
	}
	return "", "", fmt.Errorf("the socket of HAProxy is %q; it is unix:///run/haproxy/admin.sock or tcp://host:port", s)
}
