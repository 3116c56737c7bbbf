package digitaloceantest

import (
	"cmp"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// A Fault is how calls fail. The zero Fault cuts every call's connection without an answer.
type Fault = fault.Fault

// Fail makes calls fail. Of several faults that fit a call the one that was added first counts. mend ends the fault,
// and may be called again.
func (s *Server) Fail(f Fault) (mend func()) { return s.faults.Add(f) }

func (s *Server) fail(f *Fault, w http.ResponseWriter, r *http.Request, usual []byte) {
	closing := s.closing
	if r.Context().Value(inProcess{}) != nil {
		closing = nil // since a bubble's time goes on only while all wait for what is in the bubble
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
