package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Codes and texts are Heroku's.
type fault struct {
	code   string
	text   string
	status int
}

var (
	timedOut   = fault{"H12", "Request timeout", http.StatusServiceUnavailable}
	noAnswer   = fault{"H13", "Connection closed without response", http.StatusServiceUnavailable}
	noProcess  = fault{"H14", "No processes running", http.StatusServiceUnavailable}
	badAnswer  = fault{"H17", "Poorly formatted HTTP response", http.StatusServiceUnavailable}
	refused    = fault{"H21", "Backend connection refused", http.StatusServiceUnavailable}
	clientLeft = fault{"H27", "Client Request Interrupted", 499}
)

var (
	errTimeout   = errors.New("no answer in time")
	errNoProcess = errors.New("no process accepts connections")
	errRefused   = errors.New("no process accepted the connection")
)

func (r *router) fail(w http.ResponseWriter, req *http.Request, err error) {
	f := badAnswer
	switch {
	case errors.Is(context.Cause(req.Context()), errTimeout) || errors.Is(err, errTimeout):
		f = timedOut
	case req.Context().Err() != nil:
		f = clientLeft
	case errors.Is(err, errNoProcess):
		f = noProcess
	case errors.Is(err, errRefused):
		f = refused
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE):
		f = noAnswer
	}
	r.answerFault(w, req, f)
}

func (r *router) answerFault(w http.ResponseWriter, req *http.Request, f fault) {
	if f != clientLeft {
		r.faults.add(f, req)
	}
	w.Header().Set("X-Router-Error", f.code)
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, fmt.Sprintf("%s %s", f.code, f.text), f.status)
}

// Logs the first fault of each code, and then at most one line in ten seconds with the number of the others. An app
// without processes would otherwise log thousands of lines under load.
type faultLog struct {
	log *slog.Logger

	mu   sync.Mutex
	told map[string]time.Time
	more map[string]int
}

const faultPause = 10 * time.Second

func (l *faultLog) add(f fault, req *http.Request) {
	now := time.Now()
	l.mu.Lock()
	if l.told == nil {
		l.told, l.more = map[string]time.Time{}, map[string]int{}
	}
	if t, ok := l.told[f.code]; ok && now.Sub(t) < faultPause {
		l.more[f.code]++
		l.mu.Unlock()
		return
	}
	more := l.more[f.code]
	l.told[f.code], l.more[f.code] = now, 0
	l.mu.Unlock()
	// The query may contain a secret.
	l.log.Warn("local router", "code", f.code, "desc", f.text, "method", req.Method, "path", req.URL.Path, "status",
		f.status, "since_last", more)
}
