package cloudfoundrytest

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// A Fault is a way in which calls fail. The zero Fault cuts every call's connection without an answer.
type Fault = fault.Fault

// Fail makes calls fail. If several faults match a call, the first one added applies. repair ends the fault, and may be
// called again.
func (s *Server) Fail(f Fault) (repair func()) { return s.faults.Add(f) }

func (s *Server) fail(f *Fault, w http.ResponseWriter, r *http.Request, usual []byte) {
	if !f.Serve(w, r, usual, s.closing) {
		p := documented(f.Status)
		p.title, p.detail = cmp.Or(f.ID, p.title), cmp.Or(f.Message, p.detail)
		p.send(w)
	}
}

type problem struct {
	status, code  int
	title, detail string
}

func (p problem) send(w http.ResponseWriter) {
	send(w, p.status, object{"errors": []object{{"code": p.code, "title": p.title, "detail": p.detail}}})
}

func documented(status int) problem {
	known := map[int]problem{
		http.StatusBadRequest: {
			status, 1001, "CF-MessageParseError",
			"Request invalid due to parse error: invalid request body",
		},
		http.StatusUnauthorized: {status, 1000, "CF-InvalidAuthToken", "Invalid Auth Token"},
		http.StatusForbidden: {
			status, 10003, "CF-NotAuthorized",
			"You are not authorized to perform the requested action",
		},
		http.StatusNotFound: {status, 10010, "CF-ResourceNotFound", "Resource not found"},
		http.StatusUnprocessableEntity: {
			status, 10008, "CF-UnprocessableEntity",
			"The request is semantically invalid",
		},
		http.StatusTooManyRequests:    {status, 10013, "CF-RateLimitExceeded", "Rate Limit Exceeded"},
		http.StatusServiceUnavailable: {status, 10015, "CF-ServiceUnavailable", "Service unavailable"},
	}
	if p, ok := known[status]; ok {
		return p
	}
	return problem{status, 10001, "UnknownError", fmt.Sprintf("An unknown error occurred (%d).", status)}
}

func unknown() problem {
	p := documented(http.StatusNotFound)
	p.detail = "Unknown request"
	return p
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
