package heroku_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func TestEachRefusalIsToldWithItsHintAndNotTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault herokutest.Fault
		want  string // the error, where # stands for the id of the request
	}{
		{
			"400",
			herokutest.Fault{Status: 400},
			"400 Bad Request, bad_request: Unable to parse the request (request #): see https://devcenter.heroku.com/articles/platform-api-reference#errors",
		},
		{
			"401",
			herokutest.Fault{Status: 401},
			"401 Unauthorized, unauthorized: Invalid credentials provided (request #): the API key is wrong or was revoked. Run `heroku authorizations:create` to create a new one",
		},
		{
			"402",
			herokutest.Fault{Status: 402},
			"402 Payment Required, delinquent: The account is delinquent (request #): Heroku requires a payment first. See https://dashboard.heroku.com/account/billing",
		},
		{
			"403 forbidden",
			herokutest.Fault{Status: 403},
			"403 Forbidden, forbidden: You do not have access to this app (request #): the API key has no access to this. Check that its account may operate the app (`heroku access`) and that the key has the scopes",
		},
		{
			"403 suspended",
			herokutest.Fault{Status: 403, ID: "suspended", Message: "Account suspended."},
			"403 Forbidden, suspended: Account suspended (request #): the account or the app is suspended. Contact Heroku's support",
		},
		{
			"403 delinquent",
			herokutest.Fault{Status: 403, ID: "delinquent", Message: "Pay up."},
			"403 Forbidden, delinquent: Pay up (request #): Heroku requires a payment first. See https://dashboard.heroku.com/account/billing",
		},
		{
			"404 of who knows what",
			herokutest.Fault{Status: 404, Message: "Not found."},
			"404 Not Found, not_found: Not found (request #): check the app's name (`heroku apps`) and the process type (`heroku ps:scale --app my-app`)",
		},
		{
			"409",
			herokutest.Fault{Status: 409},
			"409 Conflict, conflict: Another change is under way (request #): another change to the app is in progress; the bot tries again at the next heartbeat",
		},
		{
			"422 preboot",
			herokutest.Fault{Status: 422, Message: herokutest.PrebootMessage},
			"422 Unprocessable Entity, invalid_params: " + herokutest.PrebootMessage + " (request #): a deploy with preboot is in progress; the bot tries again at the next heartbeat",
		},
		{
			"409 with preboot in a name",
			herokutest.Fault{Status: 409, Message: "The app preboot-demo is busy."},
			"409 Conflict, conflict: The app preboot-demo is busy (request #): another change to the app is in progress; the bot tries again at the next heartbeat",
		},
		{
			"422 limit",
			herokutest.Fault{Status: 422, ID: "cannot_run_above_limit", Message: "Cannot run more than 2 dynos."},
			"422 Unprocessable Entity, cannot_run_above_limit: Cannot run more than 2 dynos (request #): the app's plan or dyno size does not allow more. Lower the maximum, or change the size with `heroku ps:type`",
		},
		{
			"422 verification",
			herokutest.Fault{Status: 422, ID: "verification_needed", Message: "Verify."},
			"422 Unprocessable Entity, verification_needed: Verify (request #): Heroku requires billing information first. See https://dashboard.heroku.com/account/billing",
		},
		{
			"422",
			herokutest.Fault{Status: 422, Message: "No."},
			"422 Unprocessable Entity, invalid_params: No (request #): Heroku does not accept this number of dynos here. Check the plan's limits and the dyno size (`heroku ps:type`)",
		},
		{
			"a page of HTML",
			herokutest.Fault{Status: 418, Body: "<html>"},
			"418 I'm a teapot (request #): see https://devcenter.heroku.com/articles/platform-api-reference#errors",
		},
		{
			"an answer that is no JSON",
			herokutest.Fault{Body: "<html>"},
			"200 OK: invalid answer: it is not JSON (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat",
		},
		{
			"an answer without end",
			herokutest.Fault{Body: `"` + strings.Repeat("x", 2<<20) + `"`},
			"200 OK: invalid answer: it is longer than 1 MiB (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat",
		},
		{
			"an answer without a number",
			herokutest.Fault{Body: `{"type":"web"}`},
			"200 OK: invalid answer: it has no type or no quantity (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat",
		},
		{
			"an answer about something else",
			herokutest.Fault{Body: `{"type":"worker","quantity":3}`},
			`200 OK: invalid answer: it is about process type "worker" (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat`,
		},
		{
			"an answer with another number",
			herokutest.Fault{Body: `{"type":"web","quantity":4}`},
			"200 OK: invalid answer: it has a quantity of 4 (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat",
		},
		{
			"an answer with a string",
			herokutest.Fault{Body: `{"type":"web","quantity":"3"}`},
			"200 OK: invalid answer: json: cannot unmarshal string into Go struct field formation.quantity of type int (request #): the effect of the call is unknown; the bot reads it again at the next heartbeat",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, p := open(t)
			srv.Fail(c.fault)
			err := p.Resize(t.Context(), 3)
			var e *heroku.Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *Error", err)
			}
			want := "scale web of my-app to 3: Heroku answered " + strings.ReplaceAll(c.want, "#", e.RequestID)
			want = strings.ReplaceAll(want, "reference"+e.RequestID+"errors", "reference#errors")
			if e.RequestID == "" || err.Error() != want {
				t.Errorf("error =\n%v, want\n%s", err, want)
			}
			if preboot := c.name == "422 preboot"; e.Deploying() != preboot {
				t.Errorf("Deploying() = %v, want %v", e.Deploying(), preboot)
			}
			if e.Tries != 1 {
				t.Errorf("Tries = %d, want 1", e.Tries)
			}
			wantRequests(t, srv, 1)
		})
	}
}

func TestAWrongAppAndAWrongProcessTypeAreToldApart(t *testing.T) {
	srv, _ := open(t)
	for _, c := range []struct{ app, processType, want string }{
		{"other", "web", "read the formation of web of other: Heroku answered 404 Not Found, not_found: Couldn't find that app (request "},
		{"other", "web", "there is no app of that name. Run `heroku apps` to list your apps"},
		{"my-app", "clock", "Couldn't find that process type (clock)"},
		{"my-app", "clock", "the app does not have this process type. Run `heroku ps:scale --app my-app` to list those in its Procfile"},
	} {
		p := platform(t, heroku.Options{App: c.app, ProcessType: c.processType, Key: srv.Key, URL: srv.URL})
		if _, _, err := p.Size(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error = %v, want %q", err, c.want)
		}
	}
}

func TestAnEcoOrBasicLimitIsToldWithAHint(t *testing.T) {
	srv, _ := open(t)
	p := platform(t, heroku.Options{App: "my-app", ProcessType: "worker", Key: srv.Key, URL: srv.URL})
	err := p.Resize(t.Context(), 2)
	if err == nil || !strings.Contains(err.Error(), "cannot_update_above_limit: Cannot update to more than 1 Basic size dynos per process type (") ||
		!strings.Contains(err.Error(), "the app's plan or dyno size does not allow more") {
		t.Errorf("error = %v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the key went elsewhere") }))
	defer elsewhere.Close()
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Status: http.StatusFound, Header: http.Header{"Location": {elsewhere.URL}}})
	if _, _, err := p.Size(t.Context()); err == nil || !strings.Contains(err.Error(), "302 Found") || !strings.Contains(err.Error(), "redirects are not followed") {
		t.Errorf("error = %v", err)
	}
}

func TestTroubleOnTheWayIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault herokutest.Fault
		want  string
	}{
		{"no answer", herokutest.Fault{}, "Heroku is unreachable: "},
		{"half an answer", herokutest.Fault{Cut: true}, "Heroku answered 200 OK: the answer broke off: unexpected EOF"},
		{"no answer in time", herokutest.Fault{Hang: true}, "no complete answer in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // since the waits between the tries are real here
			srv, p := open(t)
			if c.fault.Hang {
				p = platform(t, heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL, Timeout: 300 * time.Millisecond})
			}
			srv.Fail(c.fault)
			_, _, err := p.Size(t.Context())
			var e *heroku.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || e.Tries != 3 ||
				!strings.Contains(err.Error(), "the bot tries again at the next heartbeat") {
				t.Errorf("error = %v, want %q after 3 tries", err, c.want)
			}
			wantRequests(t, srv, 3)
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	p := platform(t, heroku.Options{App: "my-app", Key: "key", URL: "http://" + porttest.Addr(t)})
	_, _, err := p.Size(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Heroku is unreachable: ") || !strings.Contains(err.Error(), "connection refused (3 tries)") {
		t.Errorf("error = %v", err)
	}
}

func TestAnotherCertificateIsNotTriedAgain(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	p := platform(t, heroku.Options{App: "my-app", Key: "key", URL: srv.URL})
	_, _, err := p.Size(t.Context())
	var e *heroku.Error
	if !errors.As(err, &e) || e.Tries != 1 || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error = %v, want one try and a word about the certificate", err)
	}
}

func TestALostAnswerIsMadeUpForByTheSecondTry(t *testing.T) {
	t.Parallel()
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Cut: true, Times: 1})
	must(t, p.Resize(t.Context(), 5))
	calls := srv.Calls()
	if len(calls) != 2 || calls[0].Body != `{"quantity":5}` || calls[1].Body != calls[0].Body {
		t.Errorf("calls = %+v, want the same PATCH twice", calls)
	}
	if n := srv.Quantity("my-app", "web"); n != 5 {
		t.Errorf("%d dynos, want 5", n)
	}
}

func TestACanceledCallIsTheContextsError(t *testing.T) {
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Resize(ctx, 3); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "scale web of my-app to 3: no complete answer in time") {
		t.Errorf("after the deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err := p.Resize(ctx, 3); !errors.Is(err, context.Canceled) || err.Error() != "scale web of my-app to 3: the call was canceled" {
		t.Errorf("after a cancel: %v", err)
	}
	if n := len(srv.Calls()); n > 1 {
		t.Errorf("%d calls, want no second one", n)
	}
}

func TestNoErrorHoldsTheKeyEvenWhereTheServerEchoesIt(t *testing.T) {
	const key = herokutest.Key
	for name, f := range map[string]herokutest.Fault{
		"in a message":          {Status: 401, Message: "The key " + key + " is wrong."},
		"in an id":              {Status: 403, ID: key},
		"in the request's id":   {Status: 404, Header: http.Header{"Request-Id": {key}}},
		"in a page":             {Status: 400, Body: "<p>" + key},
		"escaped":               {Status: 401, Body: `{"id":"x","message":"\u0068` + key[1:] + `"}`},
		"in what can't be read": {Body: `{"type":"` + key + `","quantity":1}`},
		"at the clip":           {Status: 401, Message: strings.Repeat("x", 290) + key},
	} {
		t.Run(name, func(t *testing.T) {
			srv, p := open(t)
			srv.Fail(f)
			_, _, err := p.Size(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), key) || strings.Contains(e.Error(), key[:10]) {
					t.Errorf("the error holds the key: %v", e)
				}
			}
			p.Check(t.Context(), func(what, found string, err error) {
				if strings.Contains(found, key) || err != nil && strings.Contains(err.Error(), key) {
					t.Errorf("the check of %s holds the key: %s, %v", what, found, err)
				}
			})
		})
	}
}

func TestNoErrorHoldsWhatAServerThatIsNoneSends(t *testing.T) {
	t.Parallel()
	const key = "secret-key"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = c.Write([]byte(key + " " + key + "\r\n\r\n"))
			}
			c.Close()
		}
	}()
	p := platform(t, heroku.Options{App: "my-app", Key: key, URL: "http://" + l.Addr().String()})
	if _, _, err := p.Size(t.Context()); err == nil || !strings.Contains(err.Error(), `"[key]"`) {
		t.Errorf("error = %v, want one with [key] for the key", err)
	}
}

func TestALongMessageOfManyLinesBecomesAShortOneOfOneLine(t *testing.T) {
	srv, p := open(t)
	srv.Fail(herokutest.Fault{Status: 422, Message: "one\n\ttwo\x1b[31m" + strings.Repeat("é", 1000)})
	_, _, err := p.Size(t.Context())
	var e *heroku.Error
	if !errors.As(err, &e) || strings.ContainsAny(err.Error(), "\n\t\x1b") || !strings.HasPrefix(e.Message, "one  two [31mé") || len([]rune(e.Message)) != 301 {
		t.Errorf("error = %q", err)
	}
}

func TestTheSchemaCheckIsNoPartOfTheBot(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	if strings.Contains(string(out), "jsonschema") || strings.Contains(string(out), "herokutest") {
		t.Error("package heroku depends on what is for tests only")
	}
}
