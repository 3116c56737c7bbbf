package ec2_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func quiet(string) {}

// The server has booted, and everything takes its time.
func withServer(t *testing.T, test func(*testing.T, *ec2test.Server, *ec2.Provider, pool.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Boot, s.Stop, s.Imaging = 40*time.Second, 30*time.Second, 5*time.Minute
		p := provider(s)
		a := create(t, p, "web-1")
		time.Sleep(time.Minute)
		test(t, s, p, a)
	})
}

func only(t *testing.T, s *ec2test.Server) ec2test.Instance {
	t.Helper()
	list := s.Instances()
	if len(list) != 1 {
		t.Fatalf("%d servers, want 1", len(list))
	}
	return list[0]
}

func TestResize(t *testing.T) {
	for _, lag := range []time.Duration{0, 8 * time.Second} {
		withServer(t, func(t *testing.T, s *ec2test.Server, p *ec2.Provider, a pool.Server) {
			s.Lag = lag
			var told []string
			must(t, p.Resize(t.Context(), a.ID, "t3.large", func(text string) { told = append(told, text) }))
			if i := only(t, s); i.Type != "t3.large" || i.State != "running" {
				t.Errorf("it is %+v", i)
			}
			for _, want := range []string{"running as t3.small", "stopping as t3.small", "stopped as t3.large", "pending as t3.large", "running as t3.large"} {
				if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, want) }) {
					t.Errorf("the progress %q does not tell of %q", told, want)
				}
			}
			n := len(s.Calls())
			if err := p.Resize(t.Context(), a.ID, "t3.large", quiet); err != nil || slices.ContainsFunc(s.Calls()[n:], changes) {
				t.Errorf("Resize to the size it has: %v", err)
			}
		})
	}
}

func changes(c ec2test.Call) bool { return !strings.HasPrefix(c.Action, "Describe") }

// The next one continues.
func TestResizeGoesOn(t *testing.T) {
	for after := 1 * time.Second; after < 100*time.Second; after += 7 * time.Second {
		withServer(t, func(t *testing.T, s *ec2test.Server, _ *ec2.Provider, a pool.Server) {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			err := provider(s).Resize(ctx, a.ID, "t3.large", quiet)
			if err != nil && (!errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the server was left ")) {
				t.Errorf("after %v: %v", after, err)
			}
			if err == nil && after < 70*time.Second {
				t.Errorf("done after %v already", after)
			}
			if err := provider(s).Resize(t.Context(), a.ID, "t3.large", quiet); err != nil {
				t.Errorf("after %v: %v", after, err)
			}
			if i := only(t, s); i.Type != "t3.large" || i.State != "running" {
				t.Errorf("after %v it is %+v", after, i)
			}
		})
	}
}

func TestResizeOfOneThatIsOff(t *testing.T) {
	for _, size := range []string{"t3.small", ""} {
		for _, state := range []string{"stopping", "stopped"} {
			withServer(t, func(t *testing.T, s *ec2test.Server, p *ec2.Provider, a pool.Server) {
				s.Change(a.ID, func(i *ec2test.Instance) { i.State = state })
				if state == "stopping" {
					time.AfterFunc(20*time.Second, func() { s.Change(a.ID, func(i *ec2test.Instance) { i.State = "stopped" }) })
				}
				for range 2 {
					if err := p.Resize(t.Context(), a.ID, size, quiet); err != nil {
						t.Errorf("Resize of one that is %s to %q: %v", state, size, err)
					}
				}
				if i := only(t, s); i.Type != "t3.small" || i.State != "running" || s.Count("StopInstances")+s.Count("ModifyInstanceAttribute") != 0 {
					t.Errorf("Resize of one that is %s to %q: it is %+v", state, size, i)
				}
				s.Change(a.ID, func(i *ec2test.Instance) { i.State = "stopped" })
				s.Fail("StartInstances", 1, ec2test.Fault{Status: 500, ID: "InsufficientInstanceCapacity", Message: "No capacity"})
				if err := p.Resize(t.Context(), a.ID, size, quiet); !errors.Is(err, pool.ErrRefused) {
					t.Errorf("Resize to %q that is refused: %v", size, err)
				}
			})
		}
	}
}

func TestResizeThatIsRefused(t *testing.T) {
	for action, f := range map[string]ec2test.Fault{
		"ModifyInstanceAttribute": {Status: 400, ID: "InvalidParameterCombination", Message: "The architecture 'arm64' is not supported"},
		"StartInstances":          {Status: 500, ID: "InsufficientInstanceCapacity", Message: "No capacity"},
	} {
		withServer(t, func(t *testing.T, s *ec2test.Server, p *ec2.Provider, a pool.Server) {
			s.Fail(action, 1, f)
			err := p.Resize(t.Context(), a.ID, "t3.large", quiet)
			if !errors.Is(err, pool.ErrRefused) || !strings.Contains(err.Error(), f.Message) || !strings.Contains(err.Error(), "the size is t3.small again") {
				t.Errorf("%s fails: %v", action, err)
			}
			if i := only(t, s); i.Type != "t3.small" || i.State != "running" {
				t.Errorf("%s fails: it is %+v", action, i)
			}
		})
	}
	s := fake()
	p := provider(s)
	a := create(t, p, "web-1")
	if err := p.Resize(t.Context(), a.ID, "t3.huge", quiet); !errors.Is(err, pool.ErrRefused) || s.Count("StopInstances") != 0 {
		t.Errorf("Resize to a size that does not exist: %v", err)
	}
	if err := p.Resize(t.Context(), a.ID, "huge", quiet); err == nil {
		t.Error("Resize to a size that is no type was accepted")
	}
	if err := p.Resize(t.Context(), "i-0123456789abcdef0", "t3.large", quiet); !errors.Is(err, pool.ErrGone) {
		t.Errorf("Resize of one that is gone: %v", err)
	}
}

func TestResizeOfOneThatEnds(t *testing.T) {
	withServer(t, func(t *testing.T, s *ec2test.Server, p *ec2.Provider, a pool.Server) {
		told := 0
		err := p.Resize(t.Context(), a.ID, "t3.large", func(string) {
			if told++; told == 3 {
				s.Change(a.ID, func(i *ec2test.Instance) { i.State = "terminated" })
			}
		})
		if !errors.Is(err, pool.ErrGone) {
			t.Errorf("Resize = %v", err)
		}
	})
}

func TestSnapshot(t *testing.T) {
	withServer(t, func(t *testing.T, s *ec2test.Server, p *ec2.Provider, a pool.Server) {
		s.Lag = 15 * time.Second
		told := 0
		start := time.Now()
		image, err := p.Snapshot(t.Context(), a.ID, "web 2026-11", func(string) { told++ })
		if err != nil || image.Name != "web 2026-11" || image.Size != 10 || !image.Created.Equal(start.UTC()) || told < 10 {
			t.Errorf("Snapshot = %+v, %v, told %d times", image, err, told)
		}
		s.Lag = 0
		if images, err := p.Images(t.Context()); err != nil || len(images) != 1 || images[0] != image {
			t.Errorf("Images = %+v, %v", images, err)
		}
		// AWS continues it, and it is found again.
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err = p.Snapshot(ctx, a.ID, "second", quiet); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "AWS continues to create the image ami-") {
			t.Errorf("Snapshot with little time: %v", err)
		}
		if image, err = provider(s).Snapshot(t.Context(), a.ID, "second", quiet); err != nil || time.Since(image.Created) < 5*time.Minute {
			t.Errorf("Snapshot asked for again = %+v, %v", image, err)
		}
		if n := s.Count("CreateImage"); n != 3 {
			t.Errorf("%d calls of CreateImage", n)
		}
		b := create(t, p, "web-2")
		if _, err = p.Snapshot(t.Context(), b.ID, "second", quiet); err == nil || !strings.Contains(err.Error(), "already in use") {
			t.Errorf("Snapshot by the name of another server's image: %v", err)
		}
		s.Imaging = time.Minute
		if _, err = p.Snapshot(t.Context(), a.ID, "third", func(string) { s.FailImage("third") }); err == nil || !strings.Contains(err.Error(), "is failed: Server.InternalError") {
			t.Errorf("Snapshot that fails: %v", err)
		}
		for _, name := range []string{"", "ab", "what?", strings.Repeat("x", 129)} {
			if _, err = p.Snapshot(t.Context(), a.ID, name, quiet); err == nil || !strings.Contains(err.Error(), "3 to 128") {
				t.Errorf("Snapshot by the name %q: %v", name, err)
			}
		}
	})
}

func TestCatalog(t *testing.T) {
	s := fake()
	s.PageSize = 2
	p := provider(s)
	sizes, err := p.Sizes(t.Context())
	var got []string
	for _, z := range sizes {
		got = append(got, z.Name)
	}
	want := []string{"t3.nano", "t3.small", "m7i.large", "t3.large", "t3.xlarge"} // no old generation, at most 16 CPUs
	if err != nil || !slices.Equal(got, want) || sizes[4] != (pool.Size{Name: "t3.xlarge", CPUs: 4, Memory: 16384, Price: 0.02}) {
		t.Errorf("Sizes = %+v, %v, want %v", sizes, err, want)
	}
	old, recent := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.AddImage("old", old)
	id := s.AddImage("new", recent)
	s.AddImage("older", old.AddDate(-1, 0, 0))
	images, err := p.Images(t.Context())
	if err != nil || len(images) != 3 || images[0] != (pool.Image{ID: id, Name: "new", Created: recent, Size: 10}) || images[2].Name != "older" {
		t.Errorf("Images = %+v, %v", images, err)
	}
}
