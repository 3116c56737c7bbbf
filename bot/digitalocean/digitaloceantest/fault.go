package digitaloceantest

import (
	"cmp"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// A Fault makes calls fail. The zero Fault cuts the connection without an answer.
type Fault = fault.Fault

// Fail adds a fault. If several faults match a call, the first one added applies. The returned function removes the
// fault, and may be called more than once.
func (s *Server) Fail(f Fault) (mend func()) { return s.faults.Add(f) }

func (s *Server) fail(f *Fault, w http.ResponseWriter, r *http.Request, usual []byte) {
	closing := s.closing
	if r.Context().Value(inProcess{}) != nil {
		closing = nil // a bubble's time advances only while all of it waits
	}
	if !f.Serve(w, r, usual, closing) {
		e := problem(f.Status, "%s", cmp.Or(f.Message, http.StatusText(f.Status))).value.(object)
		if f.ID != "" {
			e["id"] = f.ID
		}
		e["request_id"] = w.Header().Get("X-Request-Id")
		write(w, f.Status, marshal(e))
	}
}
