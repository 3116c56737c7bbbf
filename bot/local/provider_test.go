package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func provider(t testing.TB, mode string, change ...func(*ProviderOptions)) *Provider {
	t.Helper()
	app := options(t, mode, 0)
	o := ProviderOptions{Command: app.Command, Env: app.Env}
	for _, c := range change {
		c(&o)
	}
	p, err := NewProvider(o)
	must(t, err)
	t.Cleanup(p.Close)
	return p
}

func create(t testing.TB, p *Provider, name string, state pool.State) pool.Server {
	t.Helper()
	s, err := p.Create(t.Context(), pool.Order{Name: name})
	must(t, err)
	eventually(t, name+" "+string(state), func() bool {
		s, err = p.Describe(t.Context(), s.ID)
		return err == nil && s.State == state && (state != pool.Active || listening(s.Address))
	})
	return s
}

func gone(t testing.TB, p *Provider, s pool.Server) {
	t.Helper()
	eventually(t, "end of "+s.Name, func() bool {
		_, err := p.Describe(t.Context(), s.ID)
		return errors.Is(err, pool.ErrGone)
	})
	if s.Address != "" && listening(s.Address) {
		t.Errorf("%s still listens at %s", s.Name, s.Address)
	}
}

func TestServersAreMadeAndDestroyed(t *testing.T) {
	p := provider(t, "grandchild", func(o *ProviderOptions) {
		o.Sizes = []pool.Size{{Name: "small", Price: 0.01}, {Name: "large", Price: 0.04}}
	})
	first := create(t, p, "web-1", pool.Active)
	if again, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "large"}); err != nil || again.ID != first.ID {
		t.Errorf("Create of a name that is there gave %+v, %v", again, err)
	}
	second := create(t, p, "web-2", pool.Active)
	list, err := p.List(t.Context())
	if err != nil || len(list) != 2 || list[0] != first || list[1] != second || first.Address == second.Address || first.Price != 0.01 || first.Size != "small" {
		t.Errorf("List gave %+v, %v", list, err)
	}
	for range 2 {
		if err := p.Destroy(t.Context(), first.ID); err != nil {
			t.Error(err)
		}
	}
	gone(t, p, first)
	if third := create(t, p, "web-1", pool.Active); third.ID == first.ID {
		t.Error("an id was used twice")
	}
	p.Close()
	gone(t, p, second)
	if n := p.procs.count(); n != 0 {
		t.Errorf("%d processes are left", n)
	}
}

func TestServerTakesItsTimeToBoot(t *testing.T) {
	p := provider(t, "", func(o *ProviderOptions) { o.Boot = time.Hour })
	s := create(t, p, "web-1", pool.Making)
	if s.Address != "" || p.procs.count() != 0 {
		t.Errorf("while it boots there is %+v, and there are %d processes", s, p.procs.count())
	}
	if err := p.Destroy(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	gone(t, p, s)

	p = provider(t, "", func(o *ProviderOptions) { o.Boot = 100 * time.Millisecond })
	s = create(t, p, "web-1", pool.Active)
	if d := time.Since(s.Created); d < 100*time.Millisecond {
		t.Errorf("it was active after %v", d)
	}
}

func TestServerWhoseProcessEndsIsOffUntilItIsDestroyed(t *testing.T) {
	p := provider(t, "crash")
	s := create(t, p, "web-1", pool.Off)
	if s.Note != "its process ended: exit status 3" {
		t.Errorf("its note is %q", s.Note)
	}
	if err := p.Destroy(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	gone(t, p, s)
}

func TestServerThatCannotBeStartedHasFailed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	must(t, os.Mkdir(dir, 0o700))
	p := provider(t, "", func(o *ProviderOptions) { o.Dir = dir })
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if s := create(t, p, "web-1", pool.Failed); !strings.Contains(s.Note, "cannot start its process") {
		t.Errorf("its note is %q", s.Note)
	}
}

func TestServerThatIgnoresSIGTERMGetsSIGKILL(t *testing.T) {
	p := provider(t, "ignore SIGTERM")
	p.grace = 50 * time.Millisecond
	s := create(t, p, "web-1", pool.Active)
	if err := p.Destroy(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	gone(t, p, s)
}

func TestOrdersThatCannotBeAreRefused(t *testing.T) {
	p := provider(t, "", func(o *ProviderOptions) { o.Boot, o.Sizes = time.Hour, []pool.Size{{Name: "small"}, {Name: "large"}} })
	for _, o := range []pool.Order{{}, {Name: "a b"}, {Name: "web-1", Size: "huge"}} {
		if _, err := p.Create(t.Context(), o); !errors.Is(err, pool.ErrRefused) {
			t.Errorf("Create of %+v gave %v", o, err)
		}
	}
	for i := range MaxDynos {
		create(t, p, "web-"+strings.Repeat("x", i/26)+string(rune('a'+i%26)), pool.Making)
	}
	if _, err := p.Create(t.Context(), pool.Order{Name: "more"}); !errors.Is(err, pool.ErrRefused) || !strings.Contains(err.Error(), "100 local servers") {
		t.Errorf("Create of one more gave %v", err)
	}
	p.Close()
	if _, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); !errors.Is(err, pool.ErrRefused) {
		t.Errorf("Create after Close gave %v", err)
	}
}

func doomedProvider() {
	p, err := NewProvider(ProviderOptions{
		Command: `"$APP"`, Out: os.Stdout,
		Env: []string{"APP=" + os.Args[0], "LOCAL_TEST_ROLE=app", "MODE=grandchild", quickExit},
	})
	if err == nil {
		_, err = p.Create(context.Background(), pool.Order{Name: "web-1"})
	}
	if err != nil {
		panic(err)
	}
	select {}
}

func TestNoServerOutlivesABotThatIsKilled(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	bot := exec.Command(self)
	bot.Env = []string{"LOCAL_TEST_ROLE=provider", "PATH=" + os.Getenv("PATH")}
	addrs := addresses(t, bot, 2)
	if err := bot.Process.Kill(); err != nil || len(addrs) != 2 {
		t.Fatalf("processes listen at %v, want 2 addresses; %v", addrs, err)
	}
	_ = bot.Wait()
	for _, addr := range addrs {
		eventually(t, "end of the process at "+addr, func() bool { return !listening(addr) })
	}
}
