package cloudfoundry

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// An Error is a call to Cloud Foundry that failed. It holds no secret. Who is "UAA" where that answered, which gives
// out the tokens. Op is what was tried, Status and Message are the last answer's, Hint says what to do, RequestID is
// for the operator, and Tries counts the HTTP calls. ID is the API's own name of the error, as in
// "CF-UnprocessableEntity". Deploy says that a deployment is under way.
type Error = web.Error

func refused(app string, status int, body []byte) *Error {
	var a struct {
		Errors []struct{ Title, Detail string } `json:"errors"`
	}
	e := &Error{}
	if json.Unmarshal(body, &a) == nil && len(a.Errors) > 0 {
		e.ID, e.Message = a.Errors[0].Title, a.Errors[0].Detail
	}
	e.Deploy = e.ID == "CF-ScaleDisabledDuringDeployment"
	e.Hint = strings.ReplaceAll(hint(status, e), "APP", web.Line(app))
	return e
}

// The app's name goes in the place of APP.
func hint(status int, e *Error) string {
	switch q, exceeded := quotaOf(e.Message); {
	case status == http.StatusUnauthorized:
		return "the token was refused, and so was a new one: is the API's URL that of the same installation?"
	case status == http.StatusForbidden:
		return "these credentials may not do this: the user or client needs the role space developer in the app's " +
			"space (`cf set-space-role`)"
	case status == http.StatusNotFound:
		return "check the app (`cf apps`) and its process type (`cf app APP`): it is not there, or these credentials " +
			"may not see it"
	case e.Deploy:
		return "a deployment is under way: " + web.NextHeartbeat
	case status == http.StatusUnprocessableEntity && exceeded:
		return q.hint()
	case status == http.StatusUnprocessableEntity:
		return "Cloud Foundry does not accept this number of instances here: check the quotas of the org (`cf " +
			"org-quotas`) and the space (`cf space-quotas`)"
	case status == http.StatusTooManyRequests:
		return "this user's or client's calls are used up, by everything that uses the same credentials: a longer " +
			"interval helps; " + web.NextHeartbeat
	case status >= 500:
		return "the trouble is the installation's: " + web.NextHeartbeat
	case status >= 300 && status < 400:
		return "a redirect is not followed, for the token's sake: is the API's URL right (`cf api`)?"
	}
	return "see https://v3-apidocs.cloudfoundry.org/#errors"
}

func uaaError(status int, body []byte) *Error {
	var a struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	e := &Error{Who: "UAA"}
	if json.Unmarshal(body, &a) == nil {
		e.ID, e.Message = a.Error, a.Description
	}
	switch {
	case status/100 == 4 && status != http.StatusTooManyRequests:
		e.Hint = "the credentials are wrong, or may not be used like this: try them with `cf auth`, or `cf auth " +
			"CLIENT SECRET --client-credentials`"
	case status/100 == 3:
		e.Hint = "a redirect is not followed, for the credentials' sake"
	default:
		e.Hint = web.NextHeartbeat
	}
	return e
}
