package local

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

// Sends each request to a random backend of its pool, over a connection of its own.
//
// No connection is used twice. A refused connection, the only reason to retry, then proves that the request reached
// nobody. A request that a process has seen is never repeated.
type router struct {
	pool      *backends
	proxy     *httputil.ReverseProxy
	dialTCP   func(ctx context.Context, network, addr string) (net.Conn, error)
	port      string
	firstByte time.Duration
	faults    faultLog

	mu       sync.Mutex
	closed   bool
	requests sync.WaitGroup // in flight; only added to while not closed
}

func newRouter(p *backends, port int, firstByte time.Duration, log *slog.Logger) *router {
	r := &router{
		pool: p, port: strconv.Itoa(port), firstByte: firstByte, faults: faultLog{log: log},
		dialTCP: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, // Heroku's connect timeout
	}
	r.proxy = &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) { rewrite(pr, r.port, time.Now()) },
		Transport: &http.Transport{
			DialContext:        r.dial,
			DisableKeepAlives:  true,
			DisableCompression: true, // the client's Accept-Encoding passes unchanged
		},
		ModifyResponse: answered,
		ErrorHandler:   r.fail,
		// answers cut short, mostly by the client
		ErrorLog:   slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BufferPool: &buffers{},
	}
	return r
}

func newServer(r *router, base context.Context, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           r,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       90 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Keeps most of the process's file descriptors free: a request takes two.
func bounded(srv *http.Server, ln net.Listener) net.Listener {
	conns := throttle.NewConns(throttle.Descriptors()/6, 0)
	srv.ConnState = conns.State
	return conns.Listener(ln)
}

type timerKey struct{}

func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !r.enter() {
		r.answerFault(w, req, noProcess)
		return
	}
	defer r.requests.Done()
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	timer := time.AfterFunc(r.firstByte, func() { cancel(errTimeout) })
	defer timer.Stop()
	r.proxy.ServeHTTP(w, req.WithContext(context.WithValue(ctx, timerKey{}, timer)))
}

func (r *router) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.requests.Add(1)
	}
	return !r.closed
}

// The channel is closed when no request is in flight.
func (r *router) close() <-chan struct{} {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	quiet := make(chan struct{})
	go func() {
		r.requests.Wait()
		close(quiet)
	}()
	return quiet
}

func (r *router) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var tried []*backend
	for {
		b := r.pool.pick(tried)
		switch {
		case b == nil && tried == nil:
			return nil, errNoProcess
		case b == nil:
			return nil, errRefused
		}
		c, err := r.dialTCP(ctx, network, b.addr)
		if err == nil {
			return &conn{Conn: c, release: sync.OnceFunc(func() { r.pool.release(b) })}, nil
		}
		r.pool.release(b)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, errors.Join(errRefused, err)
		}
		tried = append(tried, b)
	}
}

type conn struct {
	net.Conn
	release func()
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.release()
	return err
}

// Passes on the end of one side of a websocket.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func answered(res *http.Response) error {
	if !res.Request.Context().Value(timerKey{}).(*time.Timer).Stop() {
		return errTimeout
	}
	res.Header.Add("Via", via)
	return nil
}

// Saves an allocation for each request.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
