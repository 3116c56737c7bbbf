package cloudfoundry

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// An Error is a failed call to Cloud Foundry. It holds no secret. Who is "UAA" if the token server answered. Op is the
// attempted operation, Status and Message are the last answer's, Hint says how to fix it, RequestID is for the
// operator, and Tries is the number of HTTP calls. ID is the API's error code, as in "CF-UnprocessableEntity". Deploy
// says that a deployment is in progress.
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
	e.Later = e.Deploy || status == http.StatusTooManyRequests || status >= 500
	e.Hint = strings.ReplaceAll(hint(status, e), "APP", web.Line(app))
	return e
}

// APP in a hint stands for the app's name.
func hint(status int, e *Error) string {
	switch q, exceeded := quotaOf(e.Message); {
	case status == http.StatusUnauthorized:
		return "the token was refused, and so was a new one. Check that the API's URL is the same installation's"
	case status == http.StatusForbidden:
		return "these credentials may not do this. The user or client must be a space developer in the app's " +
			"space (`cf set-space-role`)"
	case status == http.StatusNotFound:
		return "check the app (`cf apps`) and its process type (`cf app APP`): it does not exist, or these " +
			"credentials " +
			"may not see it"
	case e.Deploy:
		return "a deployment is in progress"
	case status == http.StatusUnprocessableEntity && exceeded:
		return q.hint()
	case status == http.StatusUnprocessableEntity:
		return "Cloud Foundry does not accept this number of instances here. Check the quotas of the org (`cf " +
			"org-quotas`) and the space (`cf space-quotas`)"
	case status == http.StatusTooManyRequests:
		return "the calls of this user or client are used up by all programs with its credentials. Set a longer " +
			"interval"
	case status >= 500:
		return "the installation has a problem"
	case status >= 300 && status < 400:
		return "redirects are not followed, to protect the token. Check the API's URL (`cf api`)"
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
		e.Hint = "the credentials are wrong, or not allowed for this. Try them with `cf auth`, or `cf auth " +
			"CLIENT SECRET --client-credentials`"
	case status/100 == 3:
		e.Hint = "redirects are not followed, to protect the credentials"
	default:
		e.Later = true
	}
	return e
}
