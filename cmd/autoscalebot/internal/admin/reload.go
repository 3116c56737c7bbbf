package admin

import (
	"context"
	"net/http"
	"time"
)

// A Reload is the result of reading the settings again.
type Reload struct {
	// Time is when they were read.
	Time time.Time `json:"time"`
	// By says who asked: "SIGHUP", "a change of the file", or a caller such as "uid 0".
	By string `json:"by"`
	// Changed are the changes now in force, such as "MAX_DYNOS 5 → 10", without secrets; nil without changes.
	Changed []string `json:"changed,omitempty"`
	// Notes are sentences about new values that have no effect.
	Notes []string `json:"notes,omitempty"`
	// Refused are the lines that say what is wrong; nil if nothing is. Otherwise nothing has changed.
	Refused []string `json:"refused,omitempty"`
}

func (s *Server) reload(who string, _ *http.Request) (any, error) {
	if s.o.Reload == nil {
		return nil, refuse(http.StatusNotFound, "this bot cannot reload its settings")
	}
	done, err := s.o.Reload(who)
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return done, nil
}

// A RefusedError is a request that the bot has refused.
type RefusedError struct {
	// Status is the HTTP status.
	Status int
	text   string
}

// Error is a sentence for people. It may have several lines.
func (e *RefusedError) Error() string { return "the bot refused: " + e.text }

// Reload lets the bot read its settings again. A [RefusedError] with status 422 lists all mistakes; nothing has changed
// then.
func (c Client) Reload(ctx context.Context) (done Reload, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/reload", nil, &done)
	return done, err
}
