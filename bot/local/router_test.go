package local

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func serve(t testing.TB, handlers ...http.Handler) (*router, string, *logtest.Buffer) {
	t.Helper()
	var log logtest.Buffer
	r := newRouter(&backends{}, 5000, 30*time.Second, slog.New(slog.NewTextHandler(&log, nil)))
	for _, h := range handlers {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		r.pool.add(s.Listener.Addr().String())
	}
	front := httptest.NewServer(r)
	t.Cleanup(front.Close)
	return r, front.URL, &log
}

func deadAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

func hangUp(seen *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen.Add(1)
		panic(http.ErrAbortHandler)
	}
}

func TestRequestsSpreadEvenlyAtRandom(t *testing.T) {
	const n, each = 5, 4000
	p := &backends{}
	for i := range n {
		p.add(fmt.Sprint(i))
	}
	counts, repeats, last := map[*backend]int{}, 0, (*backend)(nil)
	for range n * each {
		b := p.pick(nil)
		p.release(b)
		counts[b]++
		if b == last {
			repeats++
		}
		last = b
	}
	chi := 0.0
	for _, c := range counts {
		chi += float64(c-each) * float64(c-each) / each
	}
	// 4 degrees of freedom: above 33.4 once in a million runs.
	if len(counts) != n || chi > 33.4 {
		t.Errorf("%d processes got requests, chi-square %.1f: %v", len(counts), chi, counts)
	}
	// Round robin would have no repeats, chance has 4000 ± 57.
	if repeats < 3700 || repeats > 4300 {
		t.Errorf("%d requests went to the process before's, want about %d", repeats, each)
	}
}

func TestFaultsAnswerWithHerokusCodes(t *testing.T) {
	var seen atomic.Int32
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}
	for _, c := range []struct {
		name     string
		backends []http.Handler
		dead     bool
		want     string
	}{
		{"no process", nil, false, "H14 No processes running"},
		{"only refused", nil, true, "H21 Backend connection refused"},
		{"closed without an answer", []http.Handler{hangUp(&seen)}, false, "H13 Connection closed without response"},
		{"closed within the headers", []http.Handler{raw("HTTP/1.1 200 OK\r\nA: b\r\n")}, false, "H13 Connection closed without response"},
		{"not HTTP", []http.Handler{raw("220 smtp ready\r\n\r\n")}, false, "H17 Poorly formatted HTTP response"},
	} {
		r, url, log := serve(t, c.backends...)
		if c.dead {
			r.pool.add(deadAddr(t))
		}
		res, err := client.Get(url + "/path?token=secret")
		must(t, err)
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		code := c.want[:3]
		if res.StatusCode != 503 || strings.TrimSpace(string(body)) != c.want || res.Header.Get("X-Router-Error") != code {
			t.Errorf("%s: %d %q %v, want 503 %q", c.name, res.StatusCode, body, res.Header, c.want)
		}
		if l := log.String(); !strings.Contains(l, "code="+code) || !strings.Contains(l, "path=/path") || strings.Contains(l, "secret") {
			t.Errorf("%s: log %q, want the code and the path without its query", c.name, l)
		}
	}
}

// Pipes work in virtual time.
func pipes(r *router, takes time.Duration) {
	r.dialTCP = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			req, err := http.ReadRequest(bufio.NewReader(far))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			time.Sleep(takes)
			_, _ = io.WriteString(far, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n")
			time.Sleep(time.Minute) // a started answer may take any time
			_, _ = io.WriteString(far, "Beat")
		}()
		return near, nil
	}
	r.pool.add("a pipe")
}

func TestAnswerMustBeginWithin30Seconds(t *testing.T) {
	for _, c := range []struct {
		takes  time.Duration
		status int
		body   string
		after  time.Duration
	}{
		{29*time.Second + 999*time.Millisecond, 200, "Beat", 89*time.Second + 999*time.Millisecond},
		{30*time.Second + time.Millisecond, 503, "H12 Request timeout\n", 30 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &backends{}
			r := newRouter(p, 5000, open(t, options(t, "", 0)).timing.firstByte, slog.New(slog.DiscardHandler))
			pipes(r, c.takes)
			w, began := httptest.NewRecorder(), time.Now()
			r.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("x")))
			if w.Code != c.status || w.Body.String() != c.body || time.Since(began) != c.after {
				t.Errorf("a process that takes %v: %d %q after %v, want %d %q after %v",
					c.takes, w.Code, w.Body, time.Since(began), c.status, c.body, c.after)
			}
			<-r.close()
			time.Sleep(2 * time.Minute) // until the process notices
		})
	}
}

func TestRefusedConnectionIsTriedOnAnotherProcess(t *testing.T) {
	r, url, log := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	for range 4 {
		r.pool.add(deadAddr(t))
	}
	for i := range 50 {
		want := fmt.Sprint("body ", i)
		res, err := client.Post(url, "text/plain", strings.NewReader(want))
		must(t, err)
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 200 || string(body) != want {
			t.Fatalf("request %d: %d %q", i, res.StatusCode, body)
		}
	}
	if log.String() != "" {
		t.Errorf("log: %s", log.String())
	}
}

func TestRequestThatReachedAProcessIsNeverSentAgain(t *testing.T) {
	var seen atomic.Int32
	_, url, _ := serve(t, hangUp(&seen), hangUp(&seen), hangUp(&seen))
	keepAlive := &http.Client{Transport: &http.Transport{}}
	defer keepAlive.CloseIdleConnections()
	sent := int32(0)
	for _, method := range []string{"POST", "GET", "PUT"} {
		for range 10 {
			req, _ := http.NewRequest(method, url, strings.NewReader("x"))
			req.Header.Set("Idempotency-Key", "1") // Go's own transport would retry because of it
			res, err := keepAlive.Do(req)
			must(t, err)
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			sent++
			if res.StatusCode != 503 || seen.Load() != sent {
				t.Fatalf("%s: %d; the processes saw %d requests, want %d", method, res.StatusCode, seen.Load(), sent)
			}
		}
	}
}

func TestProcessSeesHerokusHeaders(t *testing.T) {
	var got *http.Request
	_, url, _ := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	ask := func(header ...string) http.Header {
		t.Helper()
		req, _ := http.NewRequest("GET", url+"/a%2Fb?x=1;y&%zz", nil)
		req.Host = "app.example.com"
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		must(t, err)
		_ = res.Body.Close()
		if v := res.Header.Get("Via"); v != "1.1 autoscalebot" {
			t.Errorf("Via of the answer: %q", v)
		}
		return got.Header
	}
	want := func(h http.Header, name, value string) {
		t.Helper()
		if v := strings.Join(h.Values(name), "|"); v != value {
			t.Errorf("%s: %q, want %q", name, v, value)
		}
	}
	before := time.Now().UnixMilli()
	h := ask()
	if got.Host != "app.example.com" || got.RequestURI != "/a%2Fb?x=1;y&%zz" {
		t.Errorf("host %q and target %q did not pass as they were", got.Host, got.RequestURI)
	}
	want(h, "X-Forwarded-For", "127.0.0.1")
	want(h, "X-Forwarded-Proto", "http")
	want(h, "X-Forwarded-Port", "5000")
	want(h, "Via", "1.1 autoscalebot")
	var start int64
	if _, err := fmt.Sscan(h.Get("X-Request-Start"), &start); err != nil || start < before || start > time.Now().UnixMilli() {
		t.Errorf("X-Request-Start %q is not the time in milliseconds", h.Get("X-Request-Start"))
	}
	id := h.Get("X-Request-Id")
	if len(id) != 36 || ask().Get("X-Request-Id") == id {
		t.Errorf("X-Request-Id %q is no UUID of its own", id)
	}

	h = ask("X-Forwarded-For", "1.2.3.4", "X-Forwarded-Proto", "https", "Via", "1.0 fred", "X-Request-Id", "an-id-of-the-client-itself")
	want(h, "X-Forwarded-For", "1.2.3.4, 127.0.0.1")
	want(h, "X-Forwarded-Proto", "http")
	want(h, "Via", "1.0 fred|1.1 autoscalebot")
	want(h, "X-Request-Id", "an-id-of-the-client-itself")
	if id := ask("X-Request-Id", "short").Get("X-Request-Id"); len(id) != 36 {
		t.Errorf("X-Request-Id %q, want a UUID in place of an unfit one", id)
	}
}

func TestStreamPassesPieceByPiece(t *testing.T) {
	next := make(chan string)
	_, url, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for s := range next {
			_, _ = io.WriteString(w, s)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	go func() { next <- "first\n" }() // the rest only after it has arrived
	res, err := client.Get(url)
	must(t, err)
	defer res.Body.Close()
	body := bufio.NewReader(res.Body)
	for _, s := range []string{"first\n", "second\n", "third\n"} {
		if line, err := body.ReadString('\n'); line != s {
			t.Fatalf("got %q, %v, want %q", line, err, s)
		}
		switch s {
		case "first\n":
			next <- "second\n"
		case "second\n":
			next <- "third\n"
		}
	}
	close(next)
}

func TestWebsocketPassesInBothDirections(t *testing.T) {
	r, url, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, _ := w.(http.Hijacker).Hijack()
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", r.Header.Get("Upgrade"))
		for {
			line, err := rw.ReadString('\n')
			if err != nil {
				fmt.Fprint(c, "bye\n") // after the client's side has ended
				return
			}
			fmt.Fprint(c, strings.ToUpper(line))
		}
	}))
	b := r.pool.live[0]
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	must(t, err)
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	br := bufio.NewReader(c)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != 101 || res.Header.Get("Upgrade") != "websocket" {
		t.Fatalf("answer %v, %v", res, err)
	}
	for _, s := range []string{"one\n", "two\n"} {
		fmt.Fprint(c, s)
		if line, err := br.ReadString('\n'); line != strings.ToUpper(s) {
			t.Fatalf("sent %q, got %q, %v", s, line, err)
		}
	}
	r.pool.remove(b)
	select {
	case <-b.idle:
		t.Error("the process counts as idle while a websocket is open")
	default:
	}
	_ = c.(*net.TCPConn).CloseWrite()
	if line, err := br.ReadString('\n'); line != "bye\n" {
		t.Errorf("after half a close: %q, %v", line, err)
	}
	<-b.idle
}

func TestClientsThatHangUpAreNoErrors(t *testing.T) {
	arrived := make(chan struct{})
	r, url, log := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = w.Write(make([]byte, 1<<20))
		}
		arrived <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	for _, head := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /begun HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this",
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		must(t, err)
		fmt.Fprint(c, head)
		<-arrived
		_ = c.Close()
	}
	<-r.close()
	if log.String() != "" {
		t.Errorf("log: %s", log.String())
	}
}

func TestClosedRouterLetsNobodyInAndWaitsForThoseInside(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	r, url, _ := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-leave
	}))
	inside := make(chan int)
	go func() {
		status, _ := get(t, url)
		inside <- status
	}()
	<-arrived
	quiet := r.close()
	if status, body := get(t, url); status != 503 || !strings.HasPrefix(body, "H14") {
		t.Errorf("a new request: %d %q, want 503 H14", status, body)
	}
	select {
	case <-quiet:
		t.Error("quiet while a request is under way")
	default:
	}
	close(leave)
	if status := <-inside; status != 200 {
		t.Errorf("the request under way: %d", status)
	}
	<-quiet
}

func TestManyFaultsAreFewLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := newRouter(&backends{}, 5000, time.Second, slog.New(slog.NewTextHandler(&log, nil)))
		for range 100 {
			r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			time.Sleep(102 * time.Millisecond)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "since_last=0") || !strings.Contains(lines[1], "since_last=98") {
			t.Errorf("100 faults within 10.1 s: log %q", lines)
		}
	})
}
