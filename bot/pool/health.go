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

// A Health tells whether the app on a server answers: nil, or what is wrong in a few words. Healthy returns when ctx
// ends at the latest, and is called from several goroutines.
type Health interface {
	Healthy(ctx context.Context, s Server) error
}

const (
	healthTimeout = 5 * time.Second // that DigitalOcean's balancers have too
	healthBody    = 64 << 10        // how much of an answer is read, in bytes
	healthAtOnce  = 16              // how many servers are checked side by side
)

// An HTTPCheck asks for a page. Any status from 200 to 299 is healthy; no redirect is followed.
type HTTPCheck struct {
	// Path is what is asked for; empty means "/".
	Path string
	// Port is where, for addresses without one of their own; 0 means 80, or 443 with TLS.
	Port int
	// Host is sent as the Host header, and is the name that a certificate must have; empty means the address.
	Host string
	// TLS asks by https.
	TLS bool
	// Timeout is for the whole answer; 0 means 5 s.
	Timeout time.Duration
}

// Healthy asks once, over a new connection, as a server that takes no new ones is of no use.
func (c HTTPCheck) Healthy(ctx context.Context, s Server) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, healthTimeout))
	defer cancel()
	scheme, port := "http", cmp.Or(c.Port, 80)
	if c.TLS {
		scheme, port = "https", cmp.Or(c.Port, 443)
	}
	path, err := url.Parse(cmp.Or(c.Path, "/"))
	if err != nil {
		return errors.New("the health check's path cannot be read: it looks like /health")
	}
	u := url.URL{Scheme: scheme, Host: withPort(s.Address, port), Path: path.Path, RawQuery: path.RawQuery}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("the address %q cannot be asked", s.Address)
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
		return fmt.Errorf("it answers with status %d", resp.StatusCode)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, healthBody)); err != nil {
		return fmt.Errorf("its answer breaks off: %w", plainly(err))
	}
	return nil
}

// A TCPCheck only opens a connection.
type TCPCheck struct {
	// Port is where, for addresses without one of their own; 0 means 80.
	Port int
	// Timeout is until the connection stands; 0 means 5 s.
	Timeout time.Duration
}

// Healthy connects once.
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

// healths checks side by side; the result is by ID.
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
