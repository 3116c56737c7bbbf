package logdrain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

func TestMistakesInTheOptionsAreToldAtOnce(t *testing.T) {
	const (
		neither = "log drain has neither a token nor a password, so anybody could post to it: `heroku drains --json` shows its token"
		noToken = "token 1 of the log drain is invalid: must begin with \"d.\", as `heroku drains --json` shows it"
	)
	tests := []struct {
		o    logdrain.Options
		want []string
	}{
		{logdrain.Options{Tokens: []string{token}}, nil},
		{logdrain.Options{Password: "0123456789abcdef", ProcessType: "Web-2_b"}, nil},
		{logdrain.Options{}, []string{neither}},
		{logdrain.Options{Tokens: []string{""}}, []string{noToken}},
		{logdrain.Options{Tokens: []string{"s3cr3t-s3cr3t-s3cr3t"}}, []string{noToken}},
		{logdrain.Options{Tokens: []string{"d.s3cr3t s3cr3t s3cr3t"}}, []string{noToken}},
		{logdrain.Options{Tokens: []string{"d."}}, []string{noToken}},
		{logdrain.Options{Tokens: slices.Repeat([]string{token}, 9)}, []string{"log drain has 9 tokens: the maximum is 8"}},
		{
			logdrain.Options{Password: "s3cr3t", ProcessType: "web.1"},
			[]string{
				"password of the log drain has 6 bytes: must have at least 16, `openssl rand -hex 16` generates one",
				`process type "web.1" of the log drain is invalid: must be the name before a colon in the Procfile, such as "web"`,
			},
		},
	}
	for _, tt := range tests {
		d, err := logdrain.New(tt.o)
		if len(tt.want) == 0 {
			if err != nil || d == nil {
				t.Errorf("%+v: got %v", tt.o, err)
			}
			continue
		}
		if err == nil || err.Error() != strings.Join(tt.want, "\n") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("got  %v\nwant %s", err, strings.Join(tt.want, "\n"))
		}
	}
}
