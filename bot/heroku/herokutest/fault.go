package herokutest

import (
	"cmp"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// PrebootMessage is Heroku's refusal, with status 422, to change a formation during a deploy with preboot.
const PrebootMessage = "Cannot change formation for a preboot app until release phase and preboot complete"

// A Fault is a way in which calls fail. The zero Fault cuts every call's connection without an answer.
type Fault = fault.Fault

// Fail makes calls fail. If several faults match a call, the first one added applies. repair ends the fault, and may be
// called again.
func (s *Server) Fail(f Fault) (repair func()) { return s.faults.Add(f) }

func (s *Server) fail(f *Fault, w http.ResponseWriter, r *http.Request, usual []byte) {
	if !f.Serve(w, r, usual, s.closing) {
		e := documented(f.Status)
		write(w, f.Status, marshal(object{"id": cmp.Or(f.ID, e.id), "message": cmp.Or(f.Message, e.message)}))
	}
}

type problem struct {
	status      int
	id, message string
	resource    string // what a 404 did not find
	limit       int    // the scaling limit of a 422; 0 for other errors
}

func documented(status int) problem {
	known := map[int]problem{
		http.StatusBadRequest:      {id: "bad_request", message: "Unable to parse the request."},
		http.StatusUnauthorized:    {id: "unauthorized", message: "Invalid credentials provided."},
		http.StatusPaymentRequired: {id: "delinquent", message: "The account is delinquent."},
		http.StatusForbidden:       {id: "forbidden", message: "You do not have access to this app."},
		http.StatusNotFound:        {id: "not_found", message: "The requested API endpoint was not found."},
		http.StatusNotAcceptable: {
			id:      "not_acceptable",
			message: "The Accept header asks for no version of the API that there is.",
		},
		http.StatusConflict: {id: "conflict", message: "Another change is under way."},
		http.StatusUnprocessableEntity: {
			id:      "invalid_params",
			message: "Request failed, validate parameters and try again.",
		},
		http.StatusTooManyRequests: {
			id: "rate_limit", message: "Your account reached the API rate limit\nPlease wait a few minutes before " +
				"making new requests",
		},
		http.StatusServiceUnavailable: {id: "service_unavailable", message: "The API is unavailable right now."},
	}
	p, ok := known[status]
	if !ok {
		p = problem{id: "internal_server_error", message: "Internal server error."}
	}
	p.status = status
	return p
}
