package herokutest

import (
	"cmp"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// PrebootMessage is Heroku's refusal, with status 422, to change a formation while a deploy with preboot is under way.
const PrebootMessage = "Cannot change formation for a preboot app until release phase and preboot complete"

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault = fault.Fault

// Fail makes calls fail. Of several faults that fit a call the one that was added first counts. mend ends the fault, and
// may be called again.
func (s *Server) Fail(f Fault) (mend func()) { return s.faults.Add(f) }

func (s *Server) fail(f *Fault, w http.ResponseWriter, r *http.Request, usual []byte) {
	if !f.Serve(w, r, usual, s.closing) {
		e := documented(f.Status)
		send(w, f.Status, object{"id": cmp.Or(f.ID, e.id), "message": cmp.Or(f.Message, e.message)})
	}
}

type problem struct {
	status      int
	id, message string
	resource    string // what a 404 did not find
	limit       int    // the scaling limit that a 422 is about, 0 for none
}

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
