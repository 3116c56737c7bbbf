package settings_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var app21 = []string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + secret}

func load21(t *testing.T, pairs ...string) *settings.Settings {
	t.Helper()
	env(t, append(pairs, app21...)...)
	return loaded(t)
}

// The documented defaults of autoscalebot 2.1, written as it does, change nothing here.
func TestDocumentedDefaultsOfPythonAreTaken(t *testing.T) {
	racetest.Computes(t)
	plain := load21(t)
	for _, pair := range []string{
		"HEARTBEAT_INTERVAL_IN_SECONDS=30", "HEARTBEAT_URL=/autoscalebot/heartbeat/", "HEARTBEAT_URL='/autoscalebot/heartbeat/'", "HEARTBEAT_URL=''",
		"MAX_RESPONSE_TIME_IN_MS=1000", "MIN_RESPONSE_TIME_IN_MS=200", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=3", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=5",
		"MAX_DYNOS=3", "MIN_DYNOS=1", "INCREMENT=1", "TIME_ZONE='UTC'", "TIME_ZONE=None",
		"NOTIFICATION_BACKENDS=[]", "NOTIFICATION_BACKENDS=[ ]", "NOTIFICATION_BACKENDS=()", "NOTIFICATION_BACKENDS=None", `NOTIFICATION_BACKENDS=""`,
		"NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD=None", "NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES=None",
		"NOTIFY_IF_NEEDS_EXCEED_MAX=True", "NOTIFY_IF_NEEDS_BELOW_MIN=False", "NOTIFY_ON_SCALE_FAILS=False", "NOTIFY_ON_EVERY_SCALE=False", "NOTIFY_ON_EVERY_PING=False",
	} {
		for _, prefix := range []string{"", settings.Prefix} {
			s := load21(t, prefix+pair)
			got, want := reflect.ValueOf(*s), reflect.ValueOf(*plain)
			for _, f := range reflect.VisibleFields(got.Type()) {
				if f.Tag.Get("envconfig") != "" && !reflect.DeepEqual(got.FieldByIndex(f.Index).Interface(), want.FieldByIndex(f.Index).Interface()) {
					t.Errorf("%s%s: %s is %v, want %v", prefix, pair, f.Name, got.FieldByIndex(f.Index), want.FieldByIndex(f.Index))
				}
			}
		}
	}
	inFile(t, app+"notification_backends: []\nnotify_if_scale_diff_exceeds_threshold: None\nnotify_if_needs_exceed_max: True\n")
	if s, err := settingstest.Load(); err != nil || len(s.NotificationBackends) > 0 || s.NotifyScaleDiff != 0 || !bool(s.NotifyExceedMax) {
		t.Errorf("in a file: %+v, %v", s, err)
	}
}

func TestValuesOfPythonAreTaken(t *testing.T) {
	s := load21(t, `NOTIFICATION_BACKENDS=['autoscalebot.backends.notification.ConsoleBackend', u"autoscalebot.backends.notification.LoggerBackend",]`,
		"TIME_ZONE='America/Vancouver'", `MAX_DYNOS={u"0:00": 2, '9:00': 5}`, `MIN_DYNOS='2'`, "NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD=10", "NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES=30")
	if got := fmt.Sprint(s.NotificationBackends, s.TimeZone, s.MaxDynos, s.MinDynos, s.NotifyScaleDiff); got != "[console log] America/Vancouver 0:00=2, 9:00=5 2 10" {
		t.Error(got)
	}
	for _, pair := range []string{"NOTIFICATION_BACKENDS=['mine.Own']", "MAX_DYNOS='many'", "HEARTBEAT_HEADERS=[]", "INCREMENT=[]", "MAX_DYNOS={'0:00': None}", "NOTIFICATION_BACKENDS=['console'"} {
		env(t, append(app21, pair)...)
		name, _, _ := strings.Cut(pair, "=")
		refused(t, name)
	}
}

// COMPATIBILITY=2.1 switches off three safeguards, each unless it is set, and changes nothing else.
func TestCompatibilitySwitchesOffThree(t *testing.T) {
	plain := load21(t)
	s := load21(t, "COMPATIBILITY=2.1")
	off, kept := s.SwitchedOff()
	if len(off) != 3 || len(kept) != 0 || s.Grace() >= 0 || s.HelpAfter != 0 || s.ManualHold != 0 || s.OverrideLength() != 10*time.Minute {
		t.Errorf("off %v, kept %v; %v %v %v %v", off, kept, s.Grace(), s.HelpAfter, s.ManualHold, s.OverrideLength())
	}
	got, want := reflect.ValueOf(*s), reflect.ValueOf(*plain)
	for _, f := range reflect.VisibleFields(got.Type()) {
		name := f.Tag.Get("envconfig")
		if name == "" {
			continue
		}
		differs := !reflect.DeepEqual(got.FieldByIndex(f.Index).Interface(), want.FieldByIndex(f.Index).Interface())
		switch name {
		case "COMPATIBILITY":
		case "DEPLOY_GRACE_IN_SECONDS", "STOP_AFTER_UPS_WITHOUT_HELP", "MANUAL_HOLD_IN_MINUTES":
			if !differs {
				t.Errorf("%s is as without", name)
			}
		default:
			if differs {
				t.Errorf("%s is %v, and %v without", name, got.FieldByIndex(f.Index), want.FieldByIndex(f.Index))
			}
		}
	}
	for _, in := range s.AllInForce() {
		if in.Name == "MANUAL_HOLD_IN_MINUTES" && in.Value != "0" {
			t.Errorf("it shows %q", in.Value)
		}
	}

	s = load21(t, "COMPATIBILITY=2.1", "MANUAL_HOLD_IN_MINUTES=5", "AUTOSCALE_DEPLOY_GRACE_IN_SECONDS=60")
	off, kept = s.SwitchedOff()
	if fmt.Sprint(off, kept) != "[STOP_AFTER_UPS_WITHOUT_HELP] [DEPLOY_GRACE_IN_SECONDS=60 MANUAL_HOLD_IN_MINUTES=5]" || s.Grace() != time.Minute || s.OverrideLength() != 5*time.Minute {
		t.Errorf("off %v, kept %v, %v, %v", off, kept, s.Grace(), s.OverrideLength())
	}
	inFile(t, app+"compatibility: 2.1\nstop_after_ups_without_help: 4\n")
	if s, err := settingstest.Load(); err != nil || s.HelpAfter != 4 || s.ManualHold != 0 || s.Table.At(time.Now()) != (schedule.Limits{Min: 1, Max: 3}) {
		t.Errorf("in a file: %+v, %v", s, err)
	}
	env(t, append(app21, "COMPATIBILITY=2.0")...)
	refused(t, `COMPATIBILITY: "2.0": must be 2.1, or empty`)
	env(t)
	if s, err := settings.LoadTrial(nil, []string{"COMPATIBILITY=2.1"}); err != nil || s.HelpAfter != 0 {
		t.Errorf("on trial: %v", err)
	}
	env(t, "COMPATIBILITY=2.1")
	if s, err := settings.LoadTrial(nil, []string{"COMPATIBILITY=", "MANUAL_HOLD_IN_MINUTES=3"}); err != nil || s.HelpAfter != 3 || s.ManualHold != settings.Minutes(3*time.Minute) {
		t.Errorf("on trial without: %v", err)
	}
}
