package settings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestCommandsGetNoSecretButThoseNamed(t *testing.T) {
	var pairs []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[settings.Settings]()) {
		switch name := f.Tag.Get("envconfig"); f.Type {
		case reflect.TypeFor[settings.Secret](), reflect.TypeFor[settings.Headers](), reflect.TypeFor[settings.Signals]():
			pairs = append(pairs, name+"="+secret, settings.Prefix+name+"="+secret)
		}
	}
	if len(pairs) < 40 {
		t.Fatalf("only %d secrets were found", len(pairs))
	}
	env(t, append(pairs, "HEARTBEAT_URL=https://u:"+secret+"@shop.example.com/", "CONTROL_URL=https://u:"+secret+"@example.com/", "MY_OWN=1",
		"OTEL_EXPORTER_OTLP_HEADERS=api-key="+secret, "OTEL_EXPORTER_OTLP_METRICS_HEADERS=api-key="+secret, "OTEL_EXPORTER_OTLP_TRACES_HEADERS=api-key="+secret)...)
	got := func(names string) (secrets []string) {
		s := settings.Defaults()
		s.CommandEnv = settings.Text(names)
		all := s.CommandEnviron()
		if !slices.Contains(all, "MY_OWN=1") {
			t.Errorf("the variable that is no setting is missing from %q", all)
		}
		for _, pair := range all {
			if name, value, _ := strings.Cut(pair, "="); strings.Contains(value, secret) {
				secrets = append(secrets, name)
			}
		}
		return secrets
	}
	if secrets := got(""); len(secrets) > 0 {
		t.Errorf("commands get the secrets %v", secrets)
	}
	want := []string{"AUTOSCALE_AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "HEARTBEAT_URL"}
	secrets := got("DATABASE_URL, HEARTBEAT_URL,AUTOSCALE_AWS_SECRET_ACCESS_KEY,NOT_SET")
	slices.Sort(secrets)
	if !slices.Equal(secrets, want) {
		t.Errorf("commands get the secrets %v, want %v", secrets, want)
	}
}

func TestNotesOnWhatCommandsGet(t *testing.T) {
	for _, c := range []struct {
		pairs []string
		want  string
	}{
		{[]string{"PLATFORM=command", "COUNT_COMMAND=a", "SCALE_COMMAND=b", "HEARTBEAT_URL=https://a.example/", "AWS_SECRET_ACCESS_KEY=" + secret}, "COMMAND_ENV=AWS_SECRET_ACCESS_KEY"},
		{[]string{"PLATFORM=command", "COUNT_COMMAND=a", "SCALE_COMMAND=b", "HEARTBEAT_URL=https://a.example/", "AWS_SECRET_ACCESS_KEY=" + secret, "COMMAND_ENV=AWS_SECRET_ACCESS_KEY"}, ""},
		{[]string{"COMMAND_ENV=NOBODY_SETS_THIS"}, "COMMAND_ENV: NOBODY_SETS_THIS is not set in the environment"},
		{[]string{"AWS_SECRET_ACCESS_KEY=" + secret}, ""},
	} {
		env(t, c.pairs...)
		s := loaded(t)
		if got := strings.Join(s.CommandNotes(), "\n"); !strings.Contains(got, c.want) || c.want == "" && got != "" || strings.Contains(got, secret) {
			t.Errorf("%v: the notes are %q, want %q", c.pairs, got, c.want)
		}
	}
	env(t, "COMMAND_ENV=A-B,OK,DATABASE_URL="+secret+","+secret+"@")
	if _, err := settingstest.Load(); err == nil || strings.Count(err.Error(), "COMMAND_ENV: ") != 2 || strings.Contains(err.Error(), secret) {
		t.Errorf("names that are none: %v", err)
	}
}
