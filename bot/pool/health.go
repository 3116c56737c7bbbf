package pool

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Health checks whether the app on a server answers. Healthy returns nil, or an error that says briefly what is
// wrong. It returns when ctx ends, and is safe for concurrent use.
type Health interface {
	Healthy(ctx context.Context, s Server) error
}

const (
	healthTimeout = 5 * time.Second // as DigitalOcean's load balancers have
	healthBody    = 64 << 10        // bytes of an answer that are read
	healthAtOnce  = 16              // servers checked side by side
)

// An HTTPCheck requests a page. Any status from 200 to 299 is healthy. Redirects are not followed.
type HTTPCheck struct {
	// Path of the page; empty means "/".
	Path string
	// Port for addresses without a port; 0 means 80, or 443 with TLS.
	Port int
	// Host is the Host header and the name expected in the certificate; empty means the address.
	Host string
	// TLS uses https.
	TLS bool
	// Timeout for the whole answer; 0 means 5 s.
	Timeout time.Duration
}

// Healthy makes one request over a new connection: a server that accepts no new connections is useless.
func (c HTTPCheck) Healthy(ctx context.Context, s Server) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, healthTimeout))
	defer cancel()
	scheme, port := "http", cmp.Or(c.Port, 80)
	if c.TLS {
		scheme, port = "https", cmp.Or(c.Port, 443)
	}
	path, err := url.Parse(cmp.Or(c.Path, "/"))
	if err != nil {
		return errors.New("invalid path of the health check: must be a path such as /health")
	}
	u := url.URL{Scheme: scheme, Host: withPort(s.Address, port), Path: path.Path, RawQuery: path.RawQuery}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("invalid address %q", s.Address)
	}
	req.Host = c.Host
	req.Header.Set("User-Agent", "autoscalebot")
	transport := &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12},
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return plainly(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("it answered with status %d", resp.StatusCode)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, healthBody)); err != nil {
		return fmt.Errorf("its answer broke off: %w", plainly(err))
	}
	return nil
}

// A TCPCheck opens a connection and closes it.
type TCPCheck struct {
	// Port for addresses without a port; 0 means 80.
	Port int
	// Timeout for the connection; 0 means 5 s.
	Timeout time.Duration
}

// Healthy opens one connection.
func (c TCPCheck) Healthy(ctx context.Context, s Server) error {
	d := net.Dialer{Timeout: cmp.Or(c.Timeout, healthTimeout)}
	conn, err := d.DialContext(ctx, "tcp", withPort(s.Address, cmp.Or(c.Port, 80)))
	if err != nil {
		return plainly(err)
	}
	return conn.Close()
}

func withPort(address string, port int) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(address, strconv.Itoa(port))
}

func plainly(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// The result is keyed by server ID.
func healths(ctx context.Context, check Health, servers []Server) map[string]error {
	wrong := make(map[string]error, len(servers))
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		gate = make(chan struct{}, healthAtOnce)
	)
	for _, s := range servers {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			var err error
			if check != nil {
				err = check.Healthy(ctx, s)
			}
			mu.Lock()
			defer mu.Unlock()
			wrong[s.ID] = err
		})
	}
	wg.Wait()
	return wrong
}

func askable(servers []Server) []Server {
	return slices.DeleteFunc(slices.Clone(servers), func(s Server) bool { return s.State != Active || s.Address == "" })
}
