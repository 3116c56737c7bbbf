package herokutest

import (
	"cmp"
	"fmt"
	"time"
)

// A Release is a release of an app.
type Release struct {
	// Status is "succeeded", "pending" or "failed"; "" means "succeeded". Any other breaks the schema.
	Status string
	// At is its time; the zero time means when it was added.
	At time.Time
	// Description describes the release; "" means "Deploy 0123abcd".
	Description string
}

const succeeded = "succeeded"

type release struct {
	Release
	updated time.Time
}

// AddRelease adds the newest release of an app. If it succeeded, all dynos restart.
func (s *Server) AddRelease(app string, r Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp(app)
	a.release(r)
	s.restart(a)
}

// FinishRelease sets the status of an app's newest release. After "succeeded" all dynos restart, after "failed" they
// stay unchanged. It panics if the app does not exist or has no release.
func (s *Server) FinishRelease(app, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp(app)
	if len(a.releases) == 0 {
		panic(fmt.Sprintf("herokutest: app %q has no release", app))
	}
	newest := a.releases[len(a.releases)-1]
	newest.Status, newest.updated = status, time.Now()
	s.restart(a)
}

// Dynos restart only after a successful release.
func (s *Server) restart(a *app) {
	if a.current() != len(a.releases) {
		return
	}
	for _, p := range a.processes {
		p.restart(s.birth)
	}
}

func (a *app) release(r Release) {
	r.Status, r.Description = cmp.Or(r.Status, succeeded), cmp.Or(r.Description, "Deploy 0123abcd")
	if r.At.IsZero() {
		r.At = time.Now()
	}
	a.releases = append(a.releases, &release{Release: r, updated: r.At})
}

// The version of the newest successful release, from 1; 0 without one.
func (a *app) current() int {
	for v := len(a.releases); v > 0; v-- {
		if a.releases[v-1].Status == succeeded {
			return v
		}
	}
	return 0
}

func (a *app) releaseID(version int) string { return uuid("release", a.Name, fmt.Sprint(version)) }

func (a *app) releasedAt() any {
	v := a.current()
	if v == 0 {
		return nil
	}
	return stamp(a.releases[v-1].At)
}

func (a *app) releaseList(owner Account) []object {
	out := []object{}
	for i, r := range a.releases {
		v := i + 1
		out = append(out, object{
			"addon_plan_names":  []string{},
			"app":               a.ref(),
			"created_at":        stamp(r.At),
			"current":           v == a.current(),
			"description":       r.Description,
			"id":                a.releaseID(v),
			"output_stream_url": nil,
			"slug":              nil,
			"status":            r.Status,
			"updated_at":        stamp(r.updated),
			"user":              owner.owner(),
			"version":           v,
		})
	}
	return out
}
