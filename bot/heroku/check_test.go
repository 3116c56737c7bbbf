package heroku_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestCheckTellsWhatItFindsAndWhatIsWrong(t *testing.T) {
	const (
		credentials = "credentials: owner@example.com"
		app         = "app: my-app, region us, maintenance mode off, https://my-app.herokuapp.com/"
		formation   = "formation: web: 2 × Standard-1X"
		left        = "API calls left: 4497 of the account's 4,500 per hour"
	)
	for _, c := range []struct {
		name   string
		app    herokutest.App
		change func(*herokutest.Server, *heroku.Options)
		want   []string // the beginning of each report: what, found, and the error behind an exclamation mark
	}{
		{name: "all is well", want: []string{credentials, app, formation, left}},
		{
			name:   "a wrong key",
			change: func(_ *herokutest.Server, o *heroku.Options) { o.Key = "wrong" },
			want:   []string{"credentials: ! read the account: Heroku answered 401 Unauthorized, unauthorized: Invalid credentials provided"},
		},
		{
			name:   "Heroku out of reach",
			change: func(s *herokutest.Server, _ *heroku.Options) { s.Fail(herokutest.Fault{}) },
			want:   []string{"credentials: ! read the account: Heroku is unreachable"},
		},
		{
			name: "a key that may not read the account",
			change: func(s *herokutest.Server, _ *heroku.Options) {
				s.Fail(herokutest.Fault{Path: "/account", Status: 403})
			},
			want: []string{"credentials: ! read the account: Heroku answered 403 Forbidden", app, formation, "API calls left: 4498"},
		},
		{
			name:   "a suspended account",
			change: func(s *herokutest.Server, _ *heroku.Options) { s.SetAccount(herokutest.Account{Suspended: true}) },
			want:   []string{credentials + " ! the account is suspended", app, formation, left},
		},
		{
			name:   "an account that owes",
			change: func(s *herokutest.Server, _ *heroku.Options) { s.SetAccount(herokutest.Account{Delinquent: true}) },
			want:   []string{credentials + " ! the account's payments are overdue", app, formation, left},
		},
		{
			name:   "a wrong app",
			change: func(_ *herokutest.Server, o *heroku.Options) { o.App = "other" },
			want:   []string{credentials, "app: ! read the app other: Heroku answered 404 Not Found, not_found: Couldn't find that app", "API calls left: 4498"},
		},
		{
			name:   "a wrong process type",
			change: func(_ *herokutest.Server, o *heroku.Options) { o.ProcessType = "clock" },
			want:   []string{credentials, app, "formation: ! read the formation of clock of my-app: Heroku answered 404 Not Found, not_found: Couldn't find that process type (clock)", left},
		},
		{
			name: "maintenance mode",
			app:  herokutest.App{Maintenance: true},
			want: []string{
				credentials,
				"app: my-app, region us, maintenance mode on, https://my-app.herokuapp.com/ ! no visitor reaches the app, and the bot does not scale it by heartbeats. End maintenance mode with `heroku maintenance:off --app my-app`",
				formation, left,
			},
		},
		{
			name:   "hardly a call left",
			change: func(s *herokutest.Server, _ *heroku.Options) { s.SetRemaining(3) },
			want:   []string{credentials, app, formation, "API calls left: 0 of the account's 4,500 per hour ! no API calls are left. Something that uses this account's keys calls too often"},
		},
		{
			name: "answers that make no sense",
			change: func(s *herokutest.Server, _ *heroku.Options) {
				s.Fail(herokutest.Fault{Body: "{}"})
			},
			want: []string{
				"credentials: ! read the account: Heroku answered 200 OK: invalid answer: it has no e-mail address",
				"app: ! read the app my-app: Heroku answered 200 OK: invalid answer: it has no name",
				"API calls left: ! read the rate limit: Heroku answered 200 OK: invalid answer: it has no number",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := herokutest.NewServer(t)
			c.app.Name = "my-app"
			if c.app.Formation == nil {
				c.app.Formation = []herokutest.Process{{Type: "web", Quantity: 2}}
			}
			srv.AddApp(c.app)
			o := heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL}
			if c.change != nil {
				c.change(srv, &o)
			}
			var got []string
			platform(t, o).Check(t.Context(), func(what, found string, err error) {
				line := what + ": " + found
				if err != nil {
					line = fmt.Sprintf("%s ! %v", strings.TrimSuffix(line, " "), err)
				}
				got = append(got, line)
			})
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("reports\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for _, call := range srv.Calls() {
				if call.Method != "GET" {
					t.Errorf("the check changed something: %s %s", call.Method, call.Path)
				}
			}
		})
	}
}
