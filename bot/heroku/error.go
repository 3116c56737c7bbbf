package heroku

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// An Error is a failed call to the Platform API. It holds no secret. Op is the attempted operation, Status and Message
// are the last answer's, Hint says how to fix it, RequestID is for Heroku's support, and Tries is the number of HTTP
// calls. ID is the API's error code, as in "rate_limit". Deploy says that a deploy with preboot is in progress.
type Error = web.Error

func preboot(status int, message string) bool {
	return status == http.StatusUnprocessableEntity && strings.Contains(strings.ToLower(message), "preboot")
}

func refused(app string, status int, body []byte) *Error {
	var a struct{ ID, Message, Resource string }
	if json.Unmarshal(body, &a) != nil {
		a.ID, a.Message, a.Resource = "", "", "" // some may already be set
	}
	deploy := preboot(status, a.Message)
	return &Error{
		ID: a.ID, Message: a.Message, Deploy: deploy,
		Later: deploy || status == http.StatusConflict || status == http.StatusTooManyRequests || status >= 500,
		Hint:  strings.ReplaceAll(hint(status, a.ID, a.Message, a.Resource), "--app APP", "--app "+app),
	}
}

// APP in a hint stands for the app's name.
func hint(status int, id, message, resource string) string {
	about := strings.ToLower(resource + " " + message)
	switch {
	case status == http.StatusUnauthorized:
		return "the API key is wrong or was revoked. Run `heroku authorizations:create` to create a new one"
	case status == http.StatusPaymentRequired, status == http.StatusForbidden && id == "delinquent":
		return "Heroku requires a payment first. See https://dashboard.heroku.com/account/billing"
	case status == http.StatusForbidden && id == "suspended":
		return "the account or the app is suspended. Contact Heroku's support"
	case status == http.StatusForbidden:
		return "the API key has no access to this. Check that its account may operate the app (`heroku access`) " +
			"and that the key has the scopes"
	case status == http.StatusNotFound &&
		(strings.Contains(about, "formation") || strings.Contains(about, "process type")):
		return "the app does not have this process type. Run `heroku ps:scale --app APP` to list those " +
			"in its Procfile"
	case status == http.StatusNotFound && strings.Contains(about, "app"):
		return "there is no app of that name. Run `heroku apps` to list your apps"
	case status == http.StatusNotFound:
		return "check the app's name (`heroku apps`) and the process type (`heroku ps:scale --app APP`)"
	case status == http.StatusConflict:
		return "another change to the app is in progress"
	case preboot(status, message):
		return "a deploy with preboot is in progress"
	case status == http.StatusUnprocessableEntity && strings.HasSuffix(id, "_above_limit"):
		return "the app's plan or dyno size does not allow more. Lower the maximum, or change the size with " +
			"`heroku ps:type`"
	case status == http.StatusUnprocessableEntity && id == "verification_needed":
		return "Heroku requires billing information first. See https://dashboard.heroku.com/account/billing"
	case status == http.StatusUnprocessableEntity:
		return "Heroku does not accept this number of dynos here. Check the plan's limits and the dyno size " +
			"(`heroku ps:type`)"
	case status == http.StatusTooManyRequests:
		return "the account's 4,500 calls per hour are used up by all programs with its keys. Set a longer " +
			"interval"
	case status >= 500:
		return "Heroku has a problem, see https://status.heroku.com"
	case status >= 300 && status < 400:
		return "redirects are not followed, to protect the key. Check the API's URL"
	}
	return "see https://devcenter.heroku.com/articles/platform-api-reference#errors"
}
