package digitaloceantest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault struct {
	// Method and Path choose the calls, as in POST and /v2/droplets; "" stands for every one, and a '*' at the end of Path for any ending.
	Method, Path string
	// Skip is how many of these calls pass before the first fails.
	Skip int
	// Times is how many calls fail; 0 means all until mended.
	Times int

	// Status is the answer's status; 0 means none, except that it is 200 where there is a Body.
	Status int
	// Message is the error's; "" means the name of the Status.
	Message string
	// Header is added to the answer, as in {"Retry-After": {"30"}}.
	Header http.Header
	// Body is sent as it stands in the place of JSON: a page of HTML, garbage.
	Body string

	// Hang leaves the call without an answer until the client goes away.
	Hang bool
	// Cut sends half of the usual answer's body, and cuts the connection.
	Cut bool
	// Applied lets a request take effect before its answer fails. Cut always does.
	Applied bool
}

type fault struct {
	Fault
	left int // calls still to fail, -1 without end
}

// Fail makes calls fail. Of several faults that fit a call the one that was added first counts. mend ends the fault, and may be called
// again.
func (s *Server) Fail(f Fault) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &fault{Fault: f, left: f.Times}
	if f.Times == 0 {
		added.left = -1
	}
	s.faults = append(s.faults, added)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool { return f == added })
	}
}

// strike finds the fault that a call meets and counts it, nil when there is none. The caller holds the lock.
func (s *Server) strike(method, path string) *Fault {
	for _, f := range s.faults {
		begin, open := strings.CutSuffix(f.Path, "*")
		switch {
		case f.left == 0, f.Method != "" && f.Method != method:
			continue
		case open && !strings.HasPrefix(path, begin), !open && f.Path != "" && f.Path != path:
			continue
		case f.Skip > 0:
			f.Skip--
			continue
		}
		f.left = max(f.left-1, -1)
		return &f.Fault
	}
	return nil
}

// serve answers a call in the fault's way. usual is what would have been answered.
func (f *Fault) serve(s *Server, w http.ResponseWriter, r *http.Request, usual []byte) {
	for k, v := range f.Header {
		w.Header()[http.CanonicalHeaderKey(k)] = v
	}
	switch {
	case f.Hang:
		if r.Context().Value(inProcess{}) != nil {
			<-r.Context().Done() // alone, since a bubble's time goes on only while all wait for what is in the bubble
		} else {
			select {
			case <-r.Context().Done():
			case <-s.closing:
			}
		}
		panic(http.ErrAbortHandler)
	case f.Cut:
		w.Header().Set("Content-Length", fmt.Sprint(len(usual)))
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = w.Write(usual[:len(usual)/2])
		// What was written leaves before the connection is cut; without a client it doesn't matter.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Body != "":
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = w.Write([]byte(f.Body))
	case f.Status == 0:
		panic(http.ErrAbortHandler)
	default:
		e := problem(f.Status, "%s", cmp.Or(f.Message, http.StatusText(f.Status))).value.(object)
		e["request_id"] = w.Header().Get("X-Request-Id")
		write(w, f.Status, marshal(e))
	}
}
