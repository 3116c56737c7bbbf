package service

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// The tables of adapters and the settings have the same names.
func TestTheAdaptersAreThoseOfTheSettings(t *testing.T) {
	settingstest.Env(t)
	for name, value := range map[string]string{"PLATFORM": "pool", "POOL_PROVIDER": "nobody", "POOL_BALANCER": "nobody", "NOTIFICATION_BACKENDS": "nobody"} {
		t.Setenv(name, value)
	}
	words := wordsIn(t)
	t.Setenv("PLATFORM", "nowhere")
	words["PLATFORM"] = wordsIn(t)["PLATFORM"]
	for name, opened := range map[string][]string{
		"PLATFORM":              slices.Sorted(maps.Keys(platforms())),
		"POOL_PROVIDER":         slices.Sorted(maps.Keys(Providers())),
		"POOL_BALANCER":         slices.Sorted(maps.Keys(balancers())),
		"NOTIFICATION_BACKENDS": slices.Sorted(maps.Keys(backends())),
	} {
		named := slices.DeleteFunc(words[name], func(w string) bool { return w == "urls" }) // one notifier for each URL
		if slices.Sort(named); !slices.Equal(named, opened) {
			t.Errorf("%s may be %q, and %q can be opened", name, named, opened)
		}
	}
}

// The errors of the settings list the valid words.
func wordsIn(t *testing.T) map[string][]string {
	t.Helper()
	_, err := settingstest.Load()
	var problems settings.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want problems", err)
	}
	out := map[string][]string{}
	for _, p := range problems {
		for _, before := range []string{": must be ", "makes the servers: ", "load balancer: "} {
			if _, list, ok := strings.Cut(p.What, before); ok && !strings.Contains(list, ";") {
				out[p.Name] = strings.Split(strings.ReplaceAll(list, " or ", ", "), ", ")
			}
		}
	}
	return out
}
