package heroku

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// again is the hint where waiting is all that one can do.
const again = "it will be tried again at the next heartbeat"

// An Error is a call to the Platform API that failed. It holds no secret, even where the API's answer did.
type Error struct {
	// Op is what was tried, as in "scale web of my-app to 3".
	Op string
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// ID is the API's own name of the error, as in "rate_limit"; empty when it gave none.
	ID string
	// Message is the API's own message, or says what else went wrong.
	Message string
	// Hint says what to do about it.
	Hint string
	// RequestID is the API's name of the request, for Heroku's support; empty when there was no answer.
	RequestID string
	// Tries counts the HTTP calls made.
	Tries int

	// gaveUp says why no further try was made although one might have helped.
	gaveUp string
	// cause is nil, context.Canceled or context.DeadlineExceeded. Nothing else is passed on, since the text of another
	// error may hold what the server sent.
	cause error
	// retryAfter is how long the API asks to wait before the next try, 0 when it doesn't.
	retryAfter time.Duration
	// retry says that trying again may help.
	retry bool
}

// Error tells what was tried, the API's own id and message, and a hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": Heroku answered %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.ID != "" {
		fmt.Fprintf(&b, ", %s", e.ID)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", strings.TrimSuffix(e.Message, "."))
	}
	return b.String() + web.Tail(e.Tries, e.gaveUp, e.RequestID, e.Hint)
}

// Unwrap gives context.Canceled or context.DeadlineExceeded when the call's time ended, and nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

// Deploying reports whether Heroku refused a change because a deploy with preboot is under way: nothing has failed, and
// the same call does what it should once that is over.
func (e *Error) Deploying() bool { return preboot(e.Status, e.Message) }

func preboot(status int, message string) bool {
	return status == http.StatusUnprocessableEntity && strings.Contains(strings.ToLower(message), "preboot")
}

// statusError makes the error of an answer that is not 2xx.
func statusError(status int, body []byte) *Error {
	var a struct{ ID, Message, Resource string }
	e := &Error{Status: status}
	if json.Unmarshal(body, &a) == nil {
		e.ID, e.Message = a.ID, a.Message
	}
	e.Hint = hint(status, e.ID, e.Message, a.Resource)
	e.retry = status == http.StatusTooManyRequests || status >= 500
	return e
}

// hint says what to do about an error. The caller puts the app's name for APP.
func hint(status int, id, message, resource string) string {
	about := strings.ToLower(resource + " " + message)
	switch {
	case status == http.StatusUnauthorized:
		return "the API key is wrong or was revoked: make a new one with `heroku authorizations:create`"
	case status == http.StatusPaymentRequired, status == http.StatusForbidden && id == "delinquent":
		return "Heroku wants a payment first: see https://dashboard.heroku.com/account/billing"
	case status == http.StatusForbidden && id == "suspended":
		return "the account or the app is suspended: Heroku's support has to lift that"
	case status == http.StatusForbidden:
		return "the API key has no access to this: is it of an account that may operate the app (`heroku access`), and has it the scopes?"
	case status == http.StatusNotFound && (strings.Contains(about, "formation") || strings.Contains(about, "process type")):
		return "the app has no such process type: `heroku ps:scale --app APP` lists those that it has, from its Procfile"
	case status == http.StatusNotFound && strings.Contains(about, "app"):
		return "there is no app of that name: `heroku apps` lists yours"
	case status == http.StatusNotFound:
		return "check the app's name (`heroku apps`) and the process type (`heroku ps:scale --app APP`)"
	case status == http.StatusConflict:
		return "another change to the app is under way: " + again
	case preboot(status, message):
		return "a deploy with preboot is under way: " + again
	case status == http.StatusUnprocessableEntity && strings.HasSuffix(id, "_above_limit"):
		return "the app's plan or dyno size allows no more: lower the maximum, or change the size with `heroku ps:type`"
	case status == http.StatusUnprocessableEntity && id == "verification_needed":
		return "Heroku wants billing information first: see https://dashboard.heroku.com/account/billing"
	case status == http.StatusUnprocessableEntity:
		return "Heroku does not accept this number of dynos here: check the plan's limits and the dyno size (`heroku ps:type`)"
	case status == http.StatusTooManyRequests:
		return "the account's 4,500 calls an hour are used up, by everything that uses its keys: a longer interval helps; " + again
	case status >= 500:
		return "the trouble is Heroku's, see https://status.heroku.com: " + again
	case status >= 300 && status < 400:
		return "a redirect is not followed, for the key's sake: is the API's URL right?"
	}
	return "see https://devcenter.heroku.com/articles/platform-api-reference#errors"
}

// clean makes a text of the server's fit for one line of a log.
func clean(s string) string { return web.Line(s) }
