// Package fault is how the fakes of platforms' APIs fail: which calls, how often, and in what way.
package fault

import (
	"cmp"
	"fmt"
	"net/http"
)

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault struct {
	// Method and Path choose the calls, as in PATCH and /apps/my-app/formation/web; "" stands for every one, and a '*'
	// at the end of Path for any ending.
	Method, Path string
	// Skip is how many of these calls pass before the first fails.
	Skip int
	// Times is how many calls fail; 0 means all until mended.
	Times int

	// Status is the answer's status; 0 means none, except that it is 200 where there is a Body or it is Cut.
	Status int
	// ID and Message are the error's in the API's JSON: its own name of the error (Cloud Foundry's title), and its
	// words (its detail). "" means those that the API uses for the Status.
	ID, Message string
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

// Applies reports whether a call takes effect. It does without a fault.
func (f *Fault) Applies() bool { return f == nil || f.Applied || f.Cut }

// Serve answers a call in the fault's way, and ends a call that hangs once closing is closed; nil never is. usual is
// what would have been answered. It returns false where the answer is the API's own error of the Status, which the
// caller sends.
func (f *Fault) Serve(w http.ResponseWriter, r *http.Request, usual []byte, closing <-chan struct{}) bool {
	for k, v := range f.Header {
		w.Header()[http.CanonicalHeaderKey(k)] = v
	}
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-closing:
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
		return true
	case f.Status == 0:
		panic(http.ErrAbortHandler)
	}
	return false
}
