package service

import (
	"runtime/debug"
	"testing"
)

// The version is that of the tag, where the build knows it.
func TestVersionIsThatOfTheTag(t *testing.T) {
	t.Parallel()
	for recorded, want := range map[string]string{
		"v1.2.3":                                   "1.2.3", // go install module@v1.2.3, or go build at this tag
		"v1.2.3-rc.1":                              "1.2.3-rc.1",
		"v1.2.3+dirty":                             "1.2.3+dirty",
		"v1.2.4-0.20261201120000-0123456789ab":     "1.2.4-0.20261201120000-0123456789ab", // after v1.2.3
		"v0.0.0-20261201120000-0123456789ab":       Released,                              // a clone without tags
		"v0.0.0-20261201120000-0123456789ab+dirty": Released,
		"(devel)":                                  Released, // a folder without git
		"":                                         Released,
	} {
		if got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: recorded}}); got != want {
			t.Errorf("a build of %q has the version %s, want %s", recorded, got, want)
		}
	}
	if got := versionOf(nil); got != Released {
		t.Errorf("a build without information has the version %s", got)
	}
}
