// Package fault makes the fakes of the platforms' APIs fail: which calls, how often, and how.
package fault

import (
	"cmp"
	"fmt"
	"net/http"
)

// A Fault describes how calls fail. The zero Fault cuts the connection of every call without an answer.
type Fault struct {
	// Method and Path select the calls, as in PATCH and /apps/my-app/formation/web. "" matches all, and a '*' at the
	// end of Path any suffix.
	Method, Path string
	// Skip is the number of matching calls that succeed first.
	Skip int
	// Times is the number of calls that fail; 0 means all until the fault is removed.
	Times int

	// Status is the status of the answer; 0 sends no answer, but means 200 with a Body or Cut.
	Status int
	// ID and Message are the error in the API's JSON: its name (Cloud Foundry's title) and its text (detail). "" means
	// the API's usual ones for Status.
	ID, Message string
	// Header is added to the answer, as in {"Retry-After": {"30"}}.
	Header http.Header
	// Body is sent unchanged instead of JSON: an HTML page, or garbage.
	Body string

	// Hang sends no answer until the client disconnects.
	Hang bool
	// Cut sends half of the usual body, then cuts the connection.
	Cut bool
	// Applied: the request takes effect before its answer fails. With Cut it always does.
	Applied bool
}

// Applies reports whether a call takes effect. It does without a fault.
func (f *Fault) Applies() bool { return f == nil || f.Applied || f.Cut }

// Serve answers a call as the fault says. A call that hangs ends when closing is closed, or never if it is nil. usual
// is the usual answer. It returns false if the caller must send the API's own error for Status.
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
		// Send what was written before the connection is cut. An error means that the client has gone, which does not
		// matter.
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
