package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Error is a call to a platform's API that failed. It holds no secret, even if the API's answer does.
type Error struct {
	// Op is the attempted operation, as in "scale web of my-app to 3".
	Op string
	// Kind is nil, or an error of the caller that errors.Is finds and that follows Op in the text.
	Kind error
	// Who is the server that answered, as in "Heroku"; "" without an answer.
	Who string
	// Status is the HTTP status of the last answer, 0 without an answer.
	Status int
	// ID is the API's code of the error, as in "rate_limit"; "" without one.
	ID string
	// Message is the API's message, or what else went wrong.
	Message string
	// Hint says how to fix it; "" if Message is enough.
	Hint string
	// Later says that the same call may succeed later. If heartbeats repeat it, the text says so.
	Later bool
	// RequestID is the API's ID of the request, for its support; "" without an answer.
	RequestID string
	// Tries is the number of HTTP calls made.
	Tries int
	// Until is the time until which the API asked for no calls; zero if that is not the reason.
	Until time.Time

	// Again says whether the call may be repeated at once.
	Again Again
	// Deploy says that the API refused a change during a deploy.
	Deploy bool
	// Common says that the reason does not depend on the operation: the credentials, the rate limit, the platform's
	// health, the network. CommonCause is that reason in words that are the same for every call; "" means the error's
	// own text.
	Common      bool
	CommonCause string
	// Is is what errors.Is finds besides Kind: nil, context.Canceled, context.DeadlineExceeded or an error of the
	// caller. No other error is passed on, because its text may hold what the server sent.
	Is error

	gaveUp string        // why there was no further try
	asked  time.Duration // the wait that the API asks for
	// heartbeats says that the next heartbeat repeats the call
	heartbeats bool
}

// Again says whether a failed call may be repeated.
type Again int

const (
	ByStatus Again = iota // NotDone after 429, Unclear after 500 and above, otherwise Never
	Never                 // it would fail again, or there is no time
	Unclear               // perhaps carried out: repeat it if that is harmless
	NotDone               // certainly not carried out: repeat it
	whenOpen              // repeat it when the API's time to wait is over
)

// once: repeating may do harm.
func (e *Error) again(once bool) bool {
	switch e.Again {
	case ByStatus:
		return e.Status == http.StatusTooManyRequests || e.Status >= 500 && !once
	case Unclear:
		return !once
	}
	return e.Again == NotDone
}

// Error returns the operation, the API's error code and message, the number of tries, and the hint.
func (e *Error) Error() string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	add(e.Op)
	if e.Kind != nil {
		add(e.Kind.Error())
	}
	answered := ""
	if e.Status != 0 {
		answered = fmt.Sprintf("%s answered %d %s", e.Who, e.Status, http.StatusText(e.Status))
		if e.ID != "" {
			answered += ", " + e.ID
		}
	}
	add(answered)
	add(strings.TrimSuffix(e.Message, "."))
	text := strings.Join(parts, ": ") + e.details()
	hints := e.Hint
	if e.Later && e.heartbeats {
		hints = strings.TrimPrefix(hints+"; "+nextHeartbeat, "; ")
	}
	if hints != "" {
		text += ": " + hints
	}
	return text
}

func (e *Error) details() string {
	var list []string
	if e.Tries > 1 {
		list = append(list, fmt.Sprintf("%d tries", e.Tries))
	}
	if e.gaveUp != "" {
		list = append(list, e.gaveUp)
	}
	if e.RequestID != "" {
		list = append(list, "request "+e.RequestID)
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// Unwrap returns Is, or else Kind.
func (e *Error) Unwrap() error { return cmp.Or(e.Is, e.Kind) }

// Deploying reports whether the platform refused a change during a deploy. That is not a failure: the same call
// succeeds after the deploy.
func (e *Error) Deploying() bool { return e.Deploy }

// Cause returns the error without the operation if the reason does not depend on it, and otherwise "".
func (e *Error) Cause() string {
	switch {
	case e.CommonCause != "":
		return e.CommonCause
	case e.Status != 0 && !e.Common:
		return ""
	}
	own := *e
	own.Op, own.RequestID, own.Tries = "", "", 0
	return own.Error()
}

// Named returns err with op as its operation. err may be shared with other calls. An err that is not an *Error is
// returned unchanged.
func Named(op string, err error) error {
	e, ok := As(err)
	if !ok {
		return err
	}
	own := *e
	own.Op = op
	return &own
}
