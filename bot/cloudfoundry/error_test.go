package cloudfoundry_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

func cloudFoundryError(t *testing.T, err error) *cloudfoundry.Error {
	t.Helper()
	var e *cloudfoundry.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no error of the package's", err)
	}
	return e
}

func TestErrorsSpeak(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*cloudfoundrytest.Server, *cloudfoundry.Options)
		resize bool // rather than Size
		want   string
	}{
		{
			name:   "a wrong password",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.Credentials.Password = "wrong" },
			want: "read the instances of web of my-app: UAA answered 401 Unauthorized, unauthorized: Bad credentials (request cf-request-1): " +
				"the credentials are wrong, or not allowed for this. Try them with `cf auth`, or `cf auth CLIENT SECRET --client-credentials`",
		},
		{
			name: "a refresh token that has run out",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) {
				o.Credentials = cloudfoundry.Credentials{RefreshToken: "wrong"}
			},
			want: "UAA answered 401 Unauthorized, invalid_token: The token expired, was revoked, or the token ID is incorrect: [secret]",
		},
		{
			name:   "a wrong app",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.App = "other" },
			want: `read the instances of web of other: there is no app "other" in the space production of the org acme, or these credentials may not see it: ` +
				"run `cf apps` to list the apps of the space. The user must be a space developer there",
		},
		{
			name:   "a wrong space",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.Space = "test" },
			want:   `there is no space "test" in the org acme, or these credentials may not see it`,
		},
		{
			name:   "a wrong org",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.Org = "umbrella" },
			want:   `there is no org "umbrella", or these credentials may not see it`,
		},
		{
			name: "a wrong GUID",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) {
				o.App = "ffffffff-cafe-4abc-8def-0123456789ab"
			},
			want: "Cloud Foundry answered 404 Not Found, CF-ResourceNotFound: App not found",
		},
		{
			name:   "a wrong process type",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.ProcessType = "clock" },
			want:   "read the instances of clock of my-app: the app has no process type clock: run `cf app my-app` to list its process types",
		},
		{
			name: "not permitted",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Method: "POST", Path: "/v3/processes/*", Status: 403})
			},
			resize: true,
			want: "scale web of my-app to 9: Cloud Foundry answered 403 Forbidden, CF-NotAuthorized: You are not authorized to perform the requested action (request cf-request-1): " +
				"these credentials may not do this. The user or client must be a space developer in the app's space (`cf set-space-role`)",
		},
		{
			name: "the space's memory",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.SetSpaceQuota("production", cloudfoundrytest.Quota{Name: "small", MemoryMB: 2048})
			},
			resize: true,
			want: `scale web of my-app to 9: Cloud Foundry answered 422 Unprocessable Entity, CF-UnprocessableEntity: memory space_quota_exceeded (request cf-request-1): ` +
				`this is the space's quota "small", with 2048 MB for all apps together. Lower the maximum, or raise the quota (` + "`cf update-space-quota`)",
		},
		{
			name: "the org's memory",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.SetOrgQuota(cloudfoundrytest.Quota{Name: "runaway", MemoryMB: 4096})
			},
			resize: true,
			want:   `memory quota_exceeded (request cf-request-1): this is the org's quota "runaway", with 4096 MB for all apps together`,
		},
		{
			name: "the space's instances",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.SetSpaceQuota("production", cloudfoundrytest.Quota{Name: "few", Instances: 8})
			},
			resize: true,
			want:   `app_instance_limit space_app_instance_limit_exceeded (request cf-request-1): this is the space's quota "few", with 8 instances for all apps together`,
		},
		{
			name: "a quota that may not be read",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.SetSpaceQuota("production", cloudfoundrytest.Quota{MemoryMB: 2048})
				s.Fail(cloudfoundrytest.Fault{Path: "/v3/space_quotas*", Status: 404})
			},
			resize: true,
			want:   "memory space_quota_exceeded (request cf-request-1): the space's quota of memory does not allow more. Lower the maximum, or raise the quota (`cf update-space-quota`)",
		},
		{
			name: "another 422",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Method: "POST", Path: "/v3/processes/*", Status: 422, Message: "Instances must be odd"})
			},
			resize: true,
			want:   "CF-UnprocessableEntity: Instances must be odd (request cf-request-1): Cloud Foundry does not accept this number of instances here",
		},
		{
			name:   "no calls left",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) { s.SetRemaining(0) },
			want:   "Cloud Foundry answered 429 Too Many Requests, CF-RateLimitExceeded: Rate Limit Exceeded (Cloud Foundry asks for a wait of ",
		},
		{
			name: "something else at the URL",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Body: "<html>hello</html>"})
			},
			want: "invalid answer: it is not JSON",
		},
		{
			name:   "another API at the URL",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) { s.Fail(cloudfoundrytest.Fault{Body: "{}"}) },
			want:   "it has no link uaa: check that the URL is Cloud Foundry's API (`cf api`)",
		},
		{
			name: "a UAA that would get the password unencrypted",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Body: `{"links":{"uaa":{"href":"http://uaa.example.com"}}}`})
			},
			want: "its link uaa http://uaa.example.com would send secrets unencrypted",
		},
		{
			name: "a UAA that leads elsewhere",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Path: "/oauth/token", Status: 302, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}})
			},
			want: "UAA answered 302 Found",
		},
		{
			name: "a token refused again and again",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Path: "/v3*", Status: 401})
			},
			want: "Cloud Foundry answered 401 Unauthorized, CF-InvalidAuthToken: Invalid Auth Token (request cf-request-1): the token was refused, and so was a new one",
		},
		{
			name: "instances without a type",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) {
				s.Fail(cloudfoundrytest.Fault{Path: "/v3/apps/" + s.AppGUID("my-app") + "/processes", Body: `{"resources":[{"guid":"x","instances":0}]}`})
			},
			want: "invalid answer: it has a process of another type, or without a GUID",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, _ := open(t)
			o := options(srv)
			c.change(srv, &o)
			p := platform(t, o)
			_, _, err := p.Size(t.Context())
			if c.resize {
				err = p.Resize(t.Context(), 9)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got\n%v\nwant\n%s", err, c.want)
			}
			if strings.Contains(err.Error(), cloudfoundrytest.Password) {
				t.Error("the error holds the password")
			}
		})
	}
}

func TestOneBadAnswerIsTriedAgain(t *testing.T) {
	for name, f := range map[string]cloudfoundrytest.Fault{
		"a cut connection": {Path: "/v3*", Times: 1}, "503": {Path: "/v3*", Times: 1, Status: 503}, "429": {Path: "/v3*", Times: 1, Status: 429, Header: http.Header{"Retry-After": {"0"}}},
		"503 of the UAA": {Path: "/oauth*", Times: 1, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, p := open(t)
			srv.Fail(f)
			if n, _ := size(t, p); n != 2 {
				t.Errorf("Size = %d, want 2", n)
			}
		})
	}
}

func TestNewRefusesWrongOptionsWithoutTellingASecret(t *testing.T) {
	const secret = "s3cr3t"
	for _, c := range []struct {
		name   string
		change func(*cloudfoundry.Options)
		want   string // "" when it is accepted
	}{
		{"as it is", func(*cloudfoundry.Options) {}, ""},
		{"no URL", func(o *cloudfoundry.Options) { o.URL = "" }, "the URL of the Cloud Foundry API is missing: `cf api` shows it"},
		{"no scheme", func(o *cloudfoundry.Options) { o.URL = "api.example.com" }, "must be like https://api.example.com"},
		{"http to elsewhere", func(o *cloudfoundry.Options) { o.URL = "http://api.example.com" }, "the Cloud Foundry API's URL http://api.example.com would send secrets unencrypted"},
		{"http to loopback", func(o *cloudfoundry.Options) { o.URL = "http://[::1]:8080/" }, ""},
		{"another scheme", func(o *cloudfoundry.Options) { o.URL = "ftp://127.0.0.1" }, "must begin with https:// or http://"},
		{"a password in the URL", func(o *cloudfoundry.Options) { o.URL = "https://u:" + secret + "@api.example.com" }, "must not have a user, a query or a fragment"},
		{"no app", func(o *cloudfoundry.Options) { o.App = "" }, "the app's name is missing. Run `cf apps` to list the apps of your space"},
		{"no space", func(o *cloudfoundry.Options) { o.Space = "" }, "the space is missing: `cf target` shows it"},
		{"no org", func(o *cloudfoundry.Options) { o.Org = "" }, "the org is missing: `cf target` shows it"},
		{"a path for a process type", func(o *cloudfoundry.Options) { o.ProcessType = "web/x" }, `"web/x" is not a process type`},
		{"no credentials", func(o *cloudfoundry.Options) { o.Credentials = cloudfoundry.Credentials{} }, "the credentials are missing. Set a user and a password, a client and its secret, or a refresh token"},
		{"a user alone", func(o *cloudfoundry.Options) { o.Credentials.Password = "" }, "the user's password is missing"},
		{"a password alone", func(o *cloudfoundry.Options) { o.Credentials.Username = "" }, "the password's user is missing"},
		{"a client alone", func(o *cloudfoundry.Options) { o.Credentials = cloudfoundry.Credentials{ClientID: "x"} }, "the client's secret is missing"},
		{"a client secret alone", func(o *cloudfoundry.Options) { o.Credentials = cloudfoundry.Credentials{ClientSecret: secret} }, "the client secret's client is missing"},
		{"a negative timeout", func(o *cloudfoundry.Options) { o.Timeout = -time.Second }, "the timeout is -1s: must be 0"},
		{"all at once", func(o *cloudfoundry.Options) { *o = cloudfoundry.Options{} }, "`cf api` shows it\nthe app's name is missing. Run `cf apps` to list the apps of your space\nthe credentials are missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := cloudfoundry.Options{
				URL: "https://api.example.com", Org: "acme", Space: "production", App: "my-app",
				Credentials: cloudfoundry.Credentials{Username: "bot", Password: secret},
			}
			c.change(&o)
			_, err := cloudfoundry.New(o)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error = %v, want %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Error("the error holds a secret")
			}
		})
	}
}
