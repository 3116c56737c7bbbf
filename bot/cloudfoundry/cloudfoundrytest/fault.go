package cloudfoundrytest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault struct {
	// Method and Path choose the calls, as in POST and the beginning of a path, /v3/processes; "" stands for every one.
	Method, Path string
	// Times is how many calls fail; 0 means all until mended.
	Times int

	// Status is the answer's status; 0 means none, except that it is 200 where there is a Body.
	Status int
	// Title and Detail are the error's in the API's JSON; "" means those that Cloud Foundry uses for the Status.
	Title, Detail string
	// Header is added to the answer, as in {"Retry-After": {"30"}}.
	Header http.Header
	// Body is sent as it stands in the place of JSON: a page of HTML, garbage.
	Body string
	// Hang leaves the call without an answer until the client goes away.
	Hang bool
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
		if f.left == 0 || f.Method != "" && f.Method != method || !strings.HasPrefix(path, f.Path) {
			continue
		}
		f.left = max(f.left-1, -1)
		return &f.Fault
	}
	return nil
}

// serve answers a call in the fault's way.
func (f *Fault) serve(s *Server, w http.ResponseWriter, r *http.Request) {
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
	case f.Body != "":
		w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
		_, _ = w.Write([]byte(f.Body))
	case f.Status == 0:
		panic(http.ErrAbortHandler)
	default:
		p := documented(f.Status)
		p.title, p.detail = cmp.Or(f.Title, p.title), cmp.Or(f.Detail, p.detail)
		p.send(w)
	}
}

// A problem is an error answer of the Cloud Controller's.
type problem struct {
	status, code  int
	title, detail string
}

func (p problem) send(w http.ResponseWriter) {
	send(w, p.status, object{"errors": []object{{"code": p.code, "title": p.title, "detail": p.detail}}})
}

// documented gives what Cloud Foundry says with a status.
func documented(status int) problem {
	switch status {
	case http.StatusBadRequest:
		return problem{status, 1001, "CF-MessageParseError", "Request invalid due to parse error: invalid request body"}
	case http.StatusUnauthorized:
		return problem{status, 1000, "CF-InvalidAuthToken", "Invalid Auth Token"}
	case http.StatusForbidden:
		return problem{status, 10003, "CF-NotAuthorized", "You are not authorized to perform the requested action"}
	case http.StatusNotFound:
		return problem{status, 10010, "CF-ResourceNotFound", "Resource not found"}
	case http.StatusUnprocessableEntity:
		return problem{status, 10008, "CF-UnprocessableEntity", "The request is semantically invalid"}
	case http.StatusTooManyRequests:
		return problem{status, 10013, "CF-RateLimitExceeded", "Rate Limit Exceeded"}
	case http.StatusServiceUnavailable:
		return problem{status, 10015, "CF-ServiceUnavailable", "Service unavailable"}
	}
	return problem{status, 10001, "UnknownError", fmt.Sprintf("An unknown error occurred (%d).", status)}
}

func missing(what string) problem {
	p := documented(http.StatusNotFound)
	p.detail = what + " not found"
	return p
}

func invalid(detail string) problem {
	p := documented(http.StatusUnprocessableEntity)
	p.detail = detail
	return p
}
