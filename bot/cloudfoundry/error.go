package cloudfoundry

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

// An Error is a call to Cloud Foundry that failed. It holds no secret, even where the answer did.
type Error struct {
	// Op is what was tried, as in "scale web of my-app to 3".
	Op string
	// Who answered: "Cloud Foundry" or "UAA", which gives out the tokens; empty when nobody did.
	Who string
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Title is Cloud Foundry's own name of the error, as in "CF-UnprocessableEntity", or UAA's; empty when it gave none.
	Title string
	// Message is Cloud Foundry's own message, or says what else went wrong.
	Message string
	// Hint says what to do about it.
	Hint string
	// RequestID is Cloud Foundry's name of the request, for its operator; empty when there was no answer.
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

// Error tells what was tried, Cloud Foundry's own name of the error and message, and a hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %s answered %d %s", e.Who, e.Status, http.StatusText(e.Status))
	}
	if e.Title != "" {
		fmt.Fprintf(&b, ", %s", e.Title)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", strings.TrimSuffix(e.Message, "."))
	}
	return b.String() + web.Tail(e.Tries, e.gaveUp, e.RequestID, e.Hint)
}

// Unwrap gives context.Canceled or context.DeadlineExceeded when the call's time ended, and nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

// Deploying reports whether Cloud Foundry refused a change because a deployment is under way: nothing has failed, and the same
// call does what it should once that is over.
func (e *Error) Deploying() bool { return e.Title == "CF-ScaleDisabledDuringDeployment" }

// statusError makes the error of an answer of the Cloud Controller's that is not 2xx.
func statusError(status int, body []byte) *Error {
	var a struct {
		Errors []struct{ Title, Detail string } `json:"errors"`
	}
	e := &Error{Who: "Cloud Foundry", Status: status}
	if json.Unmarshal(body, &a) == nil && len(a.Errors) > 0 {
		e.Title, e.Message = a.Errors[0].Title, a.Errors[0].Detail
	}
	e.Hint = e.hint()
	e.retry = status == http.StatusTooManyRequests || status >= 500
	return e
}

// hint says what to do about an error of the Cloud Controller's. The caller puts the app's name for APP.
func (e *Error) hint() string {
	switch q, exceeded := quotaOf(e.Message); {
	case e.Status == http.StatusUnauthorized:
		return "the token was refused, and so was a new one: is the API's URL that of the same installation?"
	case e.Status == http.StatusForbidden:
		return "these credentials may not do this: the user or client needs the role space developer in the app's space (`cf set-space-role`)"
	case e.Status == http.StatusNotFound:
		return "check the app (`cf apps`) and its process type (`cf app APP`): it is not there, or these credentials may not see it"
	case e.Deploying():
		return "a deployment is under way: " + again
	case e.Status == http.StatusUnprocessableEntity && exceeded:
		return q.hint()
	case e.Status == http.StatusUnprocessableEntity:
		return "Cloud Foundry does not accept this number of instances here: check the quotas of the org (`cf org-quotas`) and the space (`cf space-quotas`)"
	case e.Status == http.StatusTooManyRequests:
		return "this user's or client's calls are used up, by everything that uses the same credentials: a longer interval helps; " + again
	case e.Status >= 500:
		return "the trouble is the installation's: " + again
	case e.Status >= 300 && e.Status < 400:
		return "a redirect is not followed, for the token's sake: is the API's URL right (`cf api`)?"
	}
	return "see https://v3-apidocs.cloudfoundry.org/#errors"
}

// uaaError makes the error of an answer of the UAA's that is not 2xx.
func uaaError(status int, body []byte) *Error {
	var a struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	e := &Error{Who: "UAA", Status: status, retry: status == http.StatusTooManyRequests || status >= 500}
	if json.Unmarshal(body, &a) == nil {
		e.Title, e.Message = a.Error, a.Description
	}
	switch {
	case status/100 == 4 && status != http.StatusTooManyRequests:
		e.Hint = "the credentials are wrong, or may not be used like this: try them with `cf auth`, or `cf auth CLIENT SECRET --client-credentials`"
	case status/100 == 3:
		e.Hint = "a redirect is not followed, for the credentials' sake"
	default:
		e.Hint = again
	}
	return e
}

// clean makes a text of the server's fit for one line of a log.
func clean(s string) string { return web.Line(s) }
