package heroku

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// An Error is a call to the Platform API that failed. It holds no secret. Op is what was tried, Status and Message
// are the last answer's, Hint says what to do, RequestID is for Heroku's support, and Tries counts the HTTP calls. ID
// is the API's own name of the error, as in "rate_limit". Deploy says that a deploy with preboot is under way.
type Error = web.Error

func preboot(status int, message string) bool {
	return status == http.StatusUnprocessableEntity && strings.Contains(strings.ToLower(message), "preboot")
}

func refused(app string, status int, body []byte) *Error {
	var a struct{ ID, Message, Resource string }
	if json.Unmarshal(body, &a) != nil {
		a.ID, a.Message, a.Resource = "", "", "" // of which some may have been read
	}
	return &Error{
		ID: a.ID, Message: a.Message, Deploy: preboot(status, a.Message),
		Hint: strings.ReplaceAll(hint(status, a.ID, a.Message, a.Resource), "--app APP", "--app "+app),
	}
}

// The app's name goes in the place of APP.
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
		return "the API key has no access to this: is it of an account that may operate the app (`heroku access`), " +
			"and has it the scopes?"
	case status == http.StatusNotFound &&
		(strings.Contains(about, "formation") || strings.Contains(about, "process type")):
		return "the app has no such process type: `heroku ps:scale --app APP` lists those that it has, from " +
			"its Procfile"
	case status == http.StatusNotFound && strings.Contains(about, "app"):
		return "there is no app of that name: `heroku apps` lists yours"
	case status == http.StatusNotFound:
		return "check the app's name (`heroku apps`) and the process type (`heroku ps:scale --app APP`)"
	case status == http.StatusConflict:
		return "another change to the app is under way: " + web.NextHeartbeat
	case preboot(status, message):
		return "a deploy with preboot is under way: " + web.NextHeartbeat
	case status == http.StatusUnprocessableEntity && strings.HasSuffix(id, "_above_limit"):
		return "the app's plan or dyno size allows no more: lower the maximum, or change the size with `heroku ps:type`"
	case status == http.StatusUnprocessableEntity && id == "verification_needed":
		return "Heroku wants billing information first: see https://dashboard.heroku.com/account/billing"
	case status == http.StatusUnprocessableEntity:
		return "Heroku does not accept this number of dynos here: check the plan's limits and the dyno size " +
			"(`heroku ps:type`)"
	case status == http.StatusTooManyRequests:
		return "the account's 4,500 calls an hour are used up, by everything that uses its keys: a longer " +
			"interval helps; " + web.NextHeartbeat
	case status >= 500:
		return "the trouble is Heroku's, see https://status.heroku.com: " + web.NextHeartbeat
	case status >= 300 && status < 400:
		return "a redirect is not followed, for the key's sake: is the API's URL right?"
	}
	return "see https://devcenter.heroku.com/articles/platform-api-reference#errors"
}
