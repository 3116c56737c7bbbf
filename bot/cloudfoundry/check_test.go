package cloudfoundry_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

func TestCheckTellsWhatItFindsAndWhatIsWrong(t *testing.T) {
	const (
		credentials = "credentials: user bot@example.com, on http://127.0.0.1:"
		app         = "app: my-app, started"
		process     = "process: web: 2 × 512 MB"
	)
	for _, c := range []struct {
		name   string
		change func(*cloudfoundrytest.Server, *cloudfoundry.Options)
		want   []string // the beginning of each report: what, found, and the error behind an exclamation mark
	}{
		{name: "all is well", want: []string{credentials, app, process}},
		{
			name:   "a limit of calls",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) { s.SetRemaining(99) },
			want:   []string{credentials, app, process, "API calls left: about 95"},
		},
		{
			name: "the last call, and a wrong process type",
			change: func(s *cloudfoundrytest.Server, o *cloudfoundry.Options) {
				s.SetRemaining(4)
				o.ProcessType = "clock"
			},
			want: []string{credentials, app, "process: ! read the process clock", "API calls left: about 0 ! no API calls are left. Something that uses these credentials"},
		},
		{
			name: "calls left, and a wrong process type",
			change: func(s *cloudfoundrytest.Server, o *cloudfoundry.Options) {
				s.SetRemaining(99)
				o.ProcessType = "clock"
			},
			want: []string{credentials, app, "process: ! read the process clock", "API calls left: about 95\n"},
		},
		{
			name:   "a wrong password",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.Credentials.Password = "wrong" },
			want:   []string{"credentials: ! get a token: UAA answered 401 Unauthorized, unauthorized: Bad credentials"},
		},
		{
			name: "a client",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) {
				o.Credentials = cloudfoundry.Credentials{ClientID: cloudfoundrytest.ClientID, ClientSecret: cloudfoundrytest.ClientSecret}
			},
			want: []string{"credentials: client autoscaler, on ", app, process},
		},
		{
			name:   "a wrong app",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.App = "other" },
			want:   []string{credentials, `app: ! read the app other: there is no app "other" in the space production`},
		},
		{
			name:   "a stopped app",
			change: func(s *cloudfoundrytest.Server, _ *cloudfoundry.Options) { s.Stop("my-app") },
			want:   []string{credentials, "app: my-app, stopped ! read the app my-app: the app is stopped, so the bot leaves it alone", process},
		},
		{
			name:   "a wrong process type",
			change: func(_ *cloudfoundrytest.Server, o *cloudfoundry.Options) { o.ProcessType = "clock" },
			want:   []string{credentials, app, "process: ! read the process clock of my-app: the app has no process type clock"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, _ := open(t)
			o := options(srv)
			if c.change != nil {
				c.change(srv, &o)
			}
			var got []string
			platform(t, o).Check(t.Context(), func(what, found string, err error) {
				text := what + ": " + found
				if err != nil {
					text = strings.TrimSuffix(text, " ") + " ! " + err.Error()
				}
				got = append(got, text+"\n")
			})
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, ""), strings.Join(c.want, "\n"))
			}
			for _, call := range srv.Calls() {
				if call.Method != "GET" && call.Path != "/oauth/token" {
					t.Errorf("it did %s %s", call.Method, call.Path)
				}
			}
		})
	}
}

func TestConflictsWithQuotas(t *testing.T) {
	srv, p := open(t)
	want := func(most int, texts ...string) {
		t.Helper()
		sure, likely, err := p.Conflicts(t.Context(), most)
		if err != nil || likely != nil || !slices.EqualFunc(sure, texts, strings.HasPrefix) {
			t.Errorf("up to %d: %q, %q, %v, want %q", most, sure, likely, err, texts)
		}
	}
	want(100)
	srv.SetSpaceQuota(cloudfoundrytest.Space, cloudfoundrytest.Quota{Name: "small", MemoryMB: 2048})
	srv.SetOrgQuota(cloudfoundrytest.Quota{Name: "runaway", Instances: 6})
	want(4)
	want(5, `MAX_DYNOS goes up to 5, which needs 2560 MB, but the space's quota "small" allows 2048 MB for all apps together`)
	want(8, `MAX_DYNOS goes up to 8, which needs 4096 MB, but the space's quota "small" allows 2048 MB`,
		`MAX_DYNOS goes up to 8, but the org's quota "runaway" allows 6 instances of all apps together`)
}
