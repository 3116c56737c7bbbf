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

// A router sends each request to a random backend of its pool, over a connection of its own.
//
// A connection is never used twice. So a refused connection, the only thing that leads to another try, says for certain
// that the request reached nobody, and no request that a process has seen is ever sent again.
type router struct {
	pool      *backends
	proxy     *httputil.ReverseProxy
	dialTCP   func(ctx context.Context, network, addr string) (net.Conn, error)
	port      string
	firstByte time.Duration
	faults    faultLog

	mu       sync.Mutex
	closed   bool
	requests sync.WaitGroup // those under way; only added to while not closed
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
			DisableCompression: true, // the client's own Accept-Encoding passes as it is
		},
		ModifyResponse: answered,
		ErrorHandler:   r.fail,
		// answers cut short, by the client most of all
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

// bounded keeps most of the process's descriptors free: a request takes two of them.
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

// close returns a channel that is closed when no request is under way any more.
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

// CloseWrite passes one side's end of a websocket on.
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

// buffers spare an allocation for each request.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
