package pooltest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A ProviderFixture is one fresh provider under test, with no server of its pool.
type ProviderFixture struct {
	// Provider is what is tested.
	Provider pool.Provider
	// Name is the pool's; empty means "web".
	Name string
	// Size is what the servers are ordered in; empty for the provider's default.
	Size string
	// Finish lets all orders be carried out, so that their servers are active. Nil where that happens by itself.
	Finish func()
	// Exists tells past the provider whether a server is there, and not ended or ending.
	Exists func(id string) bool
	// Foreign makes a server without the pool's tag past the provider, and gives its ID. Nil where there is no such
	// thing.
	Foreign func() (id string)
	// Break makes every call fail until mend is called. Nil where nothing can fail.
	Break func() (mend func())
	// Refuse makes every order be refused until mend is called. Nil where that cannot be.
	Refuse func() (mend func())
	// Secrets must appear in no error.
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
