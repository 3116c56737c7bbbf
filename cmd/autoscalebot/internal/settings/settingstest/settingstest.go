// Package settingstest gives tests an environment that holds the settings they ask for and no others.
package settingstest

import (
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// Env unsets every setting and sets those in pairs, each as NAME=value, until the test ends.
func Env(t testing.TB, pairs ...string) {
	t.Helper()
	for _, e := range settings.Entries() {
		other := settings.OtherName(e.Name)
		for _, name := range []string{e.Name, settings.Prefix + e.Name, other, settings.Prefix + other} {
			if value, ok := os.LookupEnv(name); ok {
				t.Setenv(name, value) // so that it is put back
				os.Unsetenv(name)
			}
		}
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// Load reads the settings of the first process type.
func Load() (*settings.Settings, error) {
	all, err := settings.LoadAll()
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
