// Package pooltest has the conformance suites for providers and balancers of servers, and an in-memory world for tests
// of pools.
package pooltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Provider tests a provider against the contract of [pool.Provider]. open returns a new fixture and registers its
// clean-up.
func Provider(t *testing.T, open func(t *testing.T) ProviderFixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, ProviderFixture)
	}{
		{"an empty pool has no servers", emptyPool},
		{"a server is listed from its order on, and becomes active", makesAServer},
		{"a name is in the pool once", nameOnce},
		{"two names are two servers", twoServers},
		{"a server is destroyed, and destroying it twice is harmless", destroys},
		{"an unknown server is gone", unknownServer},
		{"a server without the tag is not touched", foreignServer},
		{"an order that is refused says so", refuses},
		{"a canceled call returns at once", canceledProvider},
		{"a broken provider is an error that holds no secret", brokenProvider},
		{"answers several at once", concurrentProvider},
		{"lists sizes and images, if it can", catalog},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			if f.Name == "" {
				f.Name = "web"
			}
			c.test(t, f)
		})
	}
}

func emptyPool(t *testing.T, f ProviderFixture) {
	if list, err := f.Provider.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("List of an empty pool = %v, %v", list, err)
	}
}

func makesAServer(t *testing.T, f ProviderFixture) {
	before := time.Now()
	s := f.create(t, f.Name+"-1")
	if s.Name != f.Name+"-1" || s.ID == "" {
		t.Fatalf("Create gave %+v, want its name and an ID", s)
	}
	list, err := f.Provider.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != s.ID || list[0].Name != s.Name {
		t.Fatalf("List right after Create = %+v, %v, want %s %s", list, err, s.ID, s.Name)
	}
	got := f.active(t, s.ID)
	switch {
	case got.Address == "":
		t.Errorf("an active server has no address: %+v", got)
	case f.Size != "" && !strings.EqualFold(got.Size, f.Size):
		t.Errorf("the server is of size %q, want %q", got.Size, f.Size)
	case !got.Created.IsZero() && (got.Created.Before(before.Add(-time.Hour)) ||
		got.Created.After(time.Now().Add(time.Hour))):
		t.Errorf("the server was made at %v, want about %v", got.Created, before)
	case got.Price < 0:
		t.Errorf("the server costs $%v an hour", got.Price)
	case !f.Exists(s.ID):
		t.Error("the server does not exist at the provider")
	}
	if list, err := f.Provider.List(t.Context()); err != nil || len(list) != 1 || list[0] != got {
		t.Errorf("List = %+v, %v, want what Describe gave: %+v", list, err, got)
	}
}

func nameOnce(t *testing.T, f ProviderFixture) {
	first, second := f.create(t, f.Name+"-1"), f.create(t, f.Name+"-1")
	if first.ID != second.ID {
		t.Errorf("Create of the same name gave %s, then %s", first.ID, second.ID)
	}
	f.wantIDs(t, first.ID)
}

func twoServers(t *testing.T, f ProviderFixture) {
	first, second := f.create(t, f.Name+"-1"), f.create(t, f.Name+"-2")
	f.wantIDs(t, first.ID, second.ID)
	if a, b := f.active(t, first.ID), f.active(t, second.ID); a.Address == b.Address {
		t.Errorf("both servers have the address %s", a.Address)
	}
}

func destroys(t *testing.T, f ProviderFixture) {
	gone, stays := f.create(t, f.Name+"-1"), f.create(t, f.Name+"-2")
	f.active(t, gone.ID)
	for range 2 {
		if err := f.Provider.Destroy(t.Context(), gone.ID); err != nil {
			t.Fatalf("Destroy: %v", err)
		}
	}
	eventually(t, "the server is gone from the list, or ending", func() bool {
		list, err := f.Provider.List(t.Context())
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		return !slices.ContainsFunc(list, func(s pool.Server) bool { return s.ID == gone.ID && s.State != pool.Ending })
	})
	eventually(t, "the server does not exist", func() bool { return !f.Exists(gone.ID) })
	if !f.Exists(stays.ID) {
		t.Error("the other server was destroyed, too")
	}
	again := f.create(t, f.Name+"-1")
	if again.ID == gone.ID {
		t.Errorf("a new server of the name has the same ID %s", again.ID)
	}
}

func unknownServer(t *testing.T, f ProviderFixture) {
	s := f.create(t, f.Name+"-1")
	f.active(t, s.ID)
	if err := f.Provider.Destroy(t.Context(), s.ID); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
	eventually(t, "Describe says that the server is gone", func() bool {
		got, err := f.Provider.Describe(t.Context(), s.ID)
		if err == nil && got.State != pool.Ending {
			t.Logf("Describe = %+v", got)
		}
		return errors.Is(err, pool.ErrGone) || err == nil && got.State == pool.Ending
	})
}

func foreignServer(t *testing.T, f ProviderFixture) {
	if f.Foreign == nil {
		t.Skip("this provider has only the pool's servers")
	}
	id := f.Foreign()
	f.wantIDs(t)
	if s, err := f.Provider.Describe(t.Context(), id); !errors.Is(err, pool.ErrNotOurs) {
		t.Errorf("Describe of somebody else's server = %+v, %v, want ErrNotOurs", s, err)
	}
	if err := f.Provider.Destroy(t.Context(), id); !errors.Is(err, pool.ErrNotOurs) {
		t.Errorf("Destroy of somebody else's server: %v, want ErrNotOurs", err)
	}
	if !f.Exists(id) {
		t.Error("somebody else's server was destroyed")
	}
}

func refuses(t *testing.T, f ProviderFixture) {
	if f.Refuse == nil {
		t.Skip("this provider refuses nothing")
	}
	mend := f.Refuse()
	s, err := f.Provider.Create(t.Context(), pool.Order{Name: f.Name + "-1", Size: f.Size})
	if !errors.Is(err, pool.ErrRefused) {
		t.Errorf("Create = %+v, %v, want ErrRefused", s, err)
	}
	f.noSecret(t, "Create", err)
	mend()
	f.wantIDs(t)
}

func canceledProvider(t *testing.T, f ProviderFixture) { canceled(t, f.calls) }

func canceled(t *testing.T, calls func(context.Context) map[string]func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	for name, call := range calls(ctx) {
		if err := call(); err == nil && time.Since(start) > time.Second {
			t.Errorf("%s with a canceled context neither failed nor returned at once", name)
		}
	}
	if d := time.Since(start); d > 4*time.Second {
		t.Errorf("calls with a canceled context took %v", d)
	}
}

func brokenProvider(t *testing.T, f ProviderFixture) {
	if f.Break == nil {
		t.Skip("nothing of this provider can fail")
	}
	mend := f.Break()
	for name, call := range f.calls(t.Context()) {
		err := call()
		switch {
		case err == nil:
			t.Errorf("%s of a broken provider returned no error", name)
		case errors.Is(err, pool.ErrGone) || errors.Is(err, pool.ErrNotOurs):
			t.Errorf("%s of a broken provider reports a definite answer: %v", name, err)
		}
		f.noSecret(t, name, err)
	}
	mend()
	s := f.create(t, f.Name+"-2")
	f.active(t, s.ID)
}

func concurrentProvider(t *testing.T, f ProviderFixture) {
	done := make(chan error)
	names := []string{f.Name + "-1", f.Name + "-2", f.Name + "-3"}
	for _, name := range names {
		go func() {
			_, err := f.Provider.Create(t.Context(), pool.Order{Name: name, Size: f.Size})
			done <- err
		}()
		go func() {
			_, err := f.Provider.List(t.Context())
			done <- err
		}()
	}
	for range 2 * len(names) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	list, err := f.Provider.List(t.Context())
	if err != nil || len(list) != len(names) {
		t.Errorf("List = %+v, %v, want %v", list, err, names)
	}
}

func catalog(t *testing.T, f ProviderFixture) {
	c, ok := f.Provider.(pool.Cataloger)
	if !ok {
		t.Skip("this provider lists no sizes")
	}
	sizes, err := c.Sizes(t.Context())
	if err != nil || len(sizes) == 0 {
		t.Fatalf("Sizes = %v, %v", sizes, err)
	}
	if !slices.IsSortedFunc(sizes, func(a, b pool.Size) int { return int(1e6*a.Price) - int(1e6*b.Price) }) {
		t.Errorf("the sizes are not the cheapest first: %+v", sizes)
	}
	images, err := c.Images(t.Context())
	if err != nil || !slices.IsSortedFunc(images, func(a, b pool.Image) int { return b.Created.Compare(a.Created) }) {
		t.Errorf("Images = %+v, %v, want the newest first", images, err)
	}
}
