package pooltest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A ProviderFixture is one new provider under test, without servers of its pool.
type ProviderFixture struct {
	Provider pool.Provider
	// Name of the pool; empty means "web".
	Name string
	// Size that servers are ordered in; empty for the provider's default.
	Size string
	// Finish completes all orders, so that their servers are active. Nil if that happens on its own.
	Finish func()
	// Exists reports whether a server exists and is not ending, without asking the provider under test.
	Exists func(id string) bool
	// Foreign creates a server without the pool's tag, bypassing the provider under test, and returns its ID. Nil if
	// that is impossible.
	Foreign func() (id string)
	// Break makes every call fail until the returned function is called. Nil if no call can fail.
	Break func() (mend func())
	// Refuse makes the provider refuse every order until the returned function is called. Nil if that is impossible.
	Refuse func() (mend func())
	// Secrets must not appear in any error.
	Secrets []string
}

func (f ProviderFixture) calls(ctx context.Context) map[string]func() error {
	return map[string]func() error{
		"List": func() error { _, err := f.Provider.List(ctx); return err },
		"Create": func() error {
			_, err := f.Provider.Create(ctx, pool.Order{Name: f.Name + "-1", Size: f.Size})
			return err
		},
		"Describe": func() error { _, err := f.Provider.Describe(ctx, "123456789"); return err },
		"Destroy":  func() error { return f.Provider.Destroy(ctx, "123456789") },
	}
}

func (f ProviderFixture) create(t *testing.T, name string) pool.Server {
	t.Helper()
	s, err := f.Provider.Create(t.Context(), pool.Order{Name: name, Size: f.Size})
	if err != nil {
		t.Fatalf("Create %s: %v", name, err)
	}
	return s
}

func (f ProviderFixture) active(t *testing.T, id string) (s pool.Server) {
	t.Helper()
	if f.Finish != nil {
		f.Finish()
	}
	eventually(t, "the server is active and has an address", func() bool {
		var err error
		if s, err = f.Provider.Describe(t.Context(), id); err != nil {
			t.Fatalf("Describe %s: %v", id, err)
		}
		return s.State == pool.Active && s.Address != ""
	})
	return s
}

func (f ProviderFixture) wantIDs(t *testing.T, ids ...string) {
	t.Helper()
	list, err := f.Provider.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	got := []string{}
	for _, s := range list {
		got = append(got, s.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("the pool has the servers %v, want %v", got, ids)
	}
}

func (f ProviderFixture) noSecret(t *testing.T, call string, err error) {
	noSecret(t, f.Secrets, call, err)
}

func noSecret(t *testing.T, secrets []string, call string, err error) {
	t.Helper()
	for _, s := range secrets {
		if err != nil && strings.Contains(err.Error(), s) {
			t.Errorf("the error of %s holds a secret", call)
		}
	}
}
