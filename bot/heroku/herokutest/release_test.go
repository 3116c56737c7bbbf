package herokutest_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestReleasesAreAddedAndFinished(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Releases: []herokutest.Release{}})
	srv.HoldBoots()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, c := range []struct {
		name     string
		do       func()
		releases []string // version, status, and * for the current one
		dynos    []string // state, and the version that runs
	}{
		{"nothing", func() {}, nil, nil},
		{"a pending one", func() { srv.AddRelease("my-app", herokutest.Release{Status: "pending", At: at}) }, []string{"1 pending"}, nil},
		{"its end", func() { srv.FinishRelease("my-app", "succeeded") }, []string{"1 succeeded *"}, []string{"starting 1"}},
		{"a boot", func() { srv.Boot("my-app", "web") }, []string{"1 succeeded *"}, []string{"up 1"}},
		{"another", func() { srv.AddRelease("my-app", herokutest.Release{Status: "pending"}) }, []string{"1 succeeded *", "2 pending"}, []string{"up 1"}},
		{"its failure", func() { srv.FinishRelease("my-app", "failed") }, []string{"1 succeeded *", "2 failed"}, []string{"up 1"}},
		{"one at once", func() { srv.AddRelease("my-app", herokutest.Release{}) }, []string{"1 succeeded", "2 failed", "3 succeeded *"}, []string{"starting 3"}},
	} {
		c.do()
		var list []struct {
			Version int
			Status  string
			Current bool
			Created time.Time `json:"created_at"`
		}
		got := call(t.Context(), srv, "GET", "/apps/my-app/releases", "")
		must(t, json.Unmarshal([]byte(got.body), &list))
		var releases, running []string
		for _, r := range list {
			line := strconv.Itoa(r.Version) + " " + r.Status
			if r.Current {
				line += " *"
			}
			releases = append(releases, line)
			if r.Version == 1 != r.Created.Equal(at) {
				t.Errorf("release %d was made at %v", r.Version, r.Created)
			}
		}
		ds, _ := dynos(t, srv)
		for _, d := range ds {
			running = append(running, d.State+" "+strconv.Itoa(d.Release.Version))
		}
		if !slices.Equal(releases, c.releases) || !slices.Equal(running, c.dynos) {
			t.Errorf("after %s: releases %q and dynos %q, want %q and %q", c.name, releases, running, c.releases, c.dynos)
		}
		if got := call(t.Context(), srv, "GET", "/apps/my-app", ""); got.has(`"released_at":null`) != (c.dynos == nil) {
			t.Errorf("after %s the app is %s", c.name, got.body)
		}
	}
}

func TestAReleaseWithAStatusThatThereIsNotBreaksTheSchema(t *testing.T) {
	rec := &recorder{TB: t}
	srv := herokutest.NewServer(rec)
	srv.AddApp(herokutest.App{Name: "my-app", Releases: []herokutest.Release{{Status: "done"}}})
	call(t.Context(), srv, "GET", "/apps/my-app/releases", "")
	if len(rec.errors) != 1 || !strings.Contains(rec.errors[0], `the answer of GET /apps/my-app/releases breaks the schema of release: /status`) {
		t.Errorf("complaints %q", rec.errors)
	}
}
