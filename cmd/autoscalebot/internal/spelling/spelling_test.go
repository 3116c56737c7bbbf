package spelling_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

func TestNearest(t *testing.T) {
	names := []string{"MAX_DYNOS", "MIN_DYNOS", "INCREMENT"}
	for name, want := range map[string]string{"MIM_DYNOS": "MIN_DYNOS", "MAXDYNOS": "MAX_DYNOS", "INKREMENT": "INCREMENT", "MBN_DYNOS": "MIN_DYNOS", "M_DYNOS": "MAX_DYNOS"} {
		if got := spelling.Nearest(name, names); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestOnlyATypingMistakeMeansAName(t *testing.T) {
	names := []string{"max_dynos", "increment"}
	for name, want := range map[string]string{"max_dynos": "max_dynos", "max_dino": "max_dynos", "xmaxdyno": "max_dynos", "maximum": "", "": ""} {
		if got, ok := spelling.Meant(name, names); ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v, want %q", name, got, ok, want)
		}
	}
	if got, ok := spelling.Meant("max_dynos", nil); ok {
		t.Errorf("of no names %q is meant", got)
	}
}

func TestAShortWordMeansANearNameOrItsBeginning(t *testing.T) {
	names := []string{"since", "until", "json", "out", "slots", "slow-minute-price", "seed"}
	for word, want := range map[string]string{
		"sinse": "since", "unitl": "", "until1": "until", "jsn": "json", "ot": "out", "outt": "out", "slow": "slow-minute-price", "slo": "",
		"x": "", "": "", "frobnicate": "", "slow-minutes-price": "slow-minute-price", "j": "json", "s": "",
	} {
		if got, ok := spelling.Begun(word, names); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestWhatMayBeASecretIsNotShown(t *testing.T) {
	names := []string{"heroku_api_key", "max_dynos", "cf_app_name_v2"}
	for name, want := range map[string]string{
		"max_dyno": "max_dyno", "MAX-DYNOS": "MAX-DYNOS", "foo": "foo", "cf_app_name_v3": "cf_app_name_v3",
		"heroku_api_key=01234567-89ab": "a name of 28 characters", "xoxb-12345-abc": "a name of 14 characters", "https://u:p@h/": "a name of 14 characters",
		"größer9": "a name of 7 characters", strings.Repeat("x", 31): "a name of 31 characters",
	} {
		if got := spelling.Shown(name, names); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}
