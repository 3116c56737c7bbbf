package herokutest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// PrebootMessage is Heroku's refusal, with status 422, to change a formation while a deploy with preboot is under way.
const PrebootMessage = "Cannot change formation for a preboot app until release phase and preboot complete"

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault struct {
	// Method and Path choose the calls, as in PATCH and /apps/my-app/formation/web; "" stands for every one.
	Method, Path string
	// Times is how many calls fail; 0 means all until mended.
	Times int

	// Status is the answer's status; 0 means none, except that it is 200 where there is a Body.
	Status int
	// ID and Message are the error's in the API's JSON; "" means those that Heroku documents for the Status.
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

type fault struct {
	Fault
	left int // calls still to fail, -1 without end
}

// Fail makes calls fail. Of several faults that fit a call the one that was added first counts. mend ends the fault, and
// may be called again.
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
		if f.left == 0 || f.Method != "" && f.Method != method || f.Path != "" && f.Path != path {
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
		select {
		case <-r.Context().Done():
		case <-s.closing:
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
		e := documented(f.Status)
		send(w, f.Status, object{"id": cmp.Or(f.ID, e.id), "message": cmp.Or(f.Message, e.message)})
	}
}

// A problem is an error answer of the API's.
type problem struct {
	status      int
	id, message string
	resource    string // what a 404 did not find
	limit       int    // the scaling limit that a 422 is about, 0 for none
}

// documented gives the id that Heroku documents for a status, and a message that it uses.
func documented(status int) problem {
	p := problem{status: status}
	switch status {
	case http.StatusBadRequest:
		p.id, p.message = "bad_request", "Unable to parse the request."
	case http.StatusUnauthorized:
		p.id, p.message = "unauthorized", "Invalid credentials provided."
	case http.StatusPaymentRequired:
		p.id, p.message = "delinquent", "The account is delinquent."
	case http.StatusForbidden:
		p.id, p.message = "forbidden", "You do not have access to this app."
	case http.StatusNotFound:
		p.id, p.message = "not_found", "The requested API endpoint was not found."
	case http.StatusNotAcceptable:
		p.id, p.message = "not_acceptable", "The Accept header asks for no version of the API that there is."
	case http.StatusConflict:
		p.id, p.message = "conflict", "Another change is under way."
	case http.StatusUnprocessableEntity:
		p.id, p.message = "invalid_params", "Request failed, validate parameters and try again."
	case http.StatusTooManyRequests:
		p.id, p.message = "rate_limit", "Your account reached the API rate limit\nPlease wait a few minutes before making new requests"
	case http.StatusServiceUnavailable:
		p.id, p.message = "service_unavailable", "The API is unavailable right now."
	default:
		p.id, p.message = "internal_server_error", "Internal server error."
	}
	return p
}
