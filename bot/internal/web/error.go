package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Error is a call to a platform's API that failed. It holds no secret, even where the API's answer did.
type Error struct {
	// Op is what was tried, as in "scale web of my-app to 3".
	Op string
	// Kind is nil, or an error of the caller's that errors.Is finds and that is told after Op.
	Kind error
	// Who answered, as in "Heroku"; empty when nobody did.
	Who string
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// ID is the API's own name of the error, as in "rate_limit"; empty when it gave none.
	ID string
	// Message is the API's own message, or says what else went wrong.
	Message string
	// Hint says what to do about it; empty where the message says enough.
	Hint string
	// RequestID is the API's name of the request, for its support; empty when there was no answer.
	RequestID string
	// Tries counts the HTTP calls made.
	Tries int
	// Until is when the API has asked to make no call before; zero where that is not the reason.
	Until time.Time

	// Again says whether the call may be made again at once.
	Again Again
	// Deploy says that the API refused a change because a deploy is under way.
	Deploy bool
	// Common says that the reason has no part in what was tried: the credentials, the rate limit, the platform's
	// health, the network. CommonCause tells that reason in words that are the same for each call; empty for the
	// error's own.
	Common      bool
	CommonCause string
	// Is is what errors.Is finds beside Kind: nil, context.Canceled, context.DeadlineExceeded or an error of the
	// caller's. Nothing else is passed on, since the text of another error may hold what the server sent.
	Is error

	gaveUp string        // why no further try was made although one might have helped
	asked  time.Duration // how long the API asks to wait before the next try
}

// Again says whether a call that failed may be made again.
type Again int

const (
	ByStatus Again = iota // NotDone after 429, Unclear after 500 and above, else Never
	Never                 // it would fail again, or there is no time
	Unclear               // carried out or not: where asking twice is harmless
	NotDone               // certainly not carried out: whatever it is
	whenOpen              // once the API's time to wait is over
)

// once says that asking twice may do harm.
func (e *Error) again(once bool) bool {
	switch e.Again {
	case ByStatus:
		return e.Status == http.StatusTooManyRequests || e.Status >= 500 && !once
	case Unclear:
		return !once
	}
	return e.Again == NotDone
}

// Error tells what was tried, the API's own name of the error and its message, how often it was tried, and a hint.
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
	if e.Hint != "" {
		text += ": " + e.Hint
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

// Unwrap gives Is, or else Kind.
func (e *Error) Unwrap() error { return cmp.Or(e.Is, e.Kind) }

// Deploying reports whether the platform refused a change because a deploy is under way: nothing has failed, and the
// same call does what it should once that is over.
func (e *Error) Deploying() bool { return e.Deploy }

// Cause is the error without what was tried, where that has no part in it; else it is empty.
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

// Named says what a call was for that ended with err, which may be shared with other calls. An err that is no *Error
// is given back.
func Named(op string, err error) error {
	e, ok := As(err)
	if !ok {
		return err
	}
	own := *e
	own.Op = op
	return &own
}
