package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	broken  = `if [ -e broken ]; then echo "no access with $APP_KEY" >&2; exit 3; fi; `
	listSh  = broken + `printf '['; for f in *.json; do if [ -e "$f" ]; then printf '%s' "$sep"; cat "$f"; sep=,; fi; done; printf ']'`
	makeSh  = broken + `echo "create $SERVER_NAME $SERVER_SIZE $POOL_NAME" >>log; id=$(wc -l <log); printf '{"id":%d,"name":"%s","size":"%s","state":"new"}' $id "$SERVER_NAME" "$SERVER_SIZE" >$id.json; `
	breakSh = broken + `echo "destroy $SERVER_ID $SERVER_NAME $SERVER_SIZE $POOL_NAME" >>log; rm "$SERVER_ID.json"`
)

func servers(t *testing.T, change ...func(*ProviderOptions)) (p *Provider, dir string) {
	t.Helper()
	o := ProviderOptions{
		Pool: "web", List: listSh, Create: makeSh, Destroy: breakSh, Dir: t.TempDir(),
		Env: []string{"PATH=" + os.Getenv("PATH"), "APP_KEY=s3cr3t-key"}, Secrets: []string{"s3cr3t-key"}, Timeout: 20 * time.Second,
	}
	for _, c := range change {
		c(&o)
	}
	p, err := NewProvider(o)
	must(t, err)
	return p, o.Dir
}

func TestServerIsMadeOnceAndDestroyed(t *testing.T) {
	for what, create := range map[string]string{
		"prints nothing":       makeSh,
		"prints the server":    makeSh + `cat $id.json`,
		"prints an array":      makeSh + `printf '['; cat $id.json; printf ']'`,
		"prints as AWS does":   makeSh + `printf '{"Instances":[{"InstanceId":"%s","State":{"Name":"pending"},"InstanceType":"%s"}]}' $id "$SERVER_SIZE"`,
		"prints what it likes": makeSh + `echo '{"action":"created"}'; echo done`,
		"prints only the id":   makeSh + `printf '{"id":"%s","state":"new"}' $id`,
	} {
		p, dir := servers(t, func(o *ProviderOptions) { o.Create = create })
		want := pool.Server{ID: "1", Name: "web-1", State: pool.Making, Size: "small"}
		for range 2 {
			if s, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "small"}); s != want || err != nil {
				t.Errorf("%s: Create gave %+v, %v, want %+v", what, s, err, want)
			}
		}
		if list, err := p.List(t.Context()); err != nil || len(list) != 1 || list[0] != want {
			t.Errorf("%s: List gave %+v, %v", what, list, err)
		}
		if s, err := p.Describe(t.Context(), "1"); s != want || err != nil {
			t.Errorf("%s: Describe gave %+v, %v", what, s, err)
		}
		for range 2 {
			if err := p.Destroy(t.Context(), "1"); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := p.Describe(t.Context(), "1"); !errors.Is(err, pool.ErrGone) {
			t.Errorf("%s: Describe of what is gone gave %v", what, err)
		}
		if got, want := read(t, filepath.Join(dir, "log")), "create web-1 small web\ndestroy 1 web-1 small web"; got != want {
			t.Errorf("%s: it was asked\n%s\nwant\n%s", what, got, want)
		}
	}
}

func TestOneServerIsMadeForOneNameAskedForAtOnce(t *testing.T) {
	p, dir := servers(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if s, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); s.ID != "1" || err != nil {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
	wg.Wait()
	if got := read(t, filepath.Join(dir, "log")); got != "create web-1  web" {
		t.Errorf("it was asked %q", got)
	}
}

func TestServersOfOtherPoolsAreLeftAlone(t *testing.T) {
	p, dir := servers(t)
	write(t, filepath.Join(dir, "7.json"), `{"id":"7","name":"web-1","pool":"api"}`, 0o600)
	write(t, filepath.Join(dir, "8.json"), `{"id":"8","name":"web-8","state":"ending"}`, 0o600)
	write(t, filepath.Join(dir, "9.json"), `{"id":"9","name":"web-9","state":"terminated"}`, 0o600)
	if list, err := p.List(t.Context()); err != nil || len(list) != 1 || list[0].Name != "web-8" {
		t.Errorf("List gave %+v, %v", list, err)
	}
	if err := p.Destroy(t.Context(), "7"); !errors.Is(err, pool.ErrNotOurs) {
		t.Errorf("Destroy of another pool's server gave %v", err)
	}
	if _, err := p.Describe(t.Context(), "7"); !errors.Is(err, pool.ErrNotOurs) {
		t.Errorf("Describe of another pool's server gave %v", err)
	}
	for _, id := range []string{"8", "9", "10", "../log"} {
		if err := p.Destroy(t.Context(), id); err != nil {
			t.Errorf("Destroy of %s gave %v", id, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "log")); err == nil {
		t.Errorf("it was asked %s", read(t, filepath.Join(dir, "log")))
	}
	if s, err := p.Create(t.Context(), pool.Order{Name: "web-1"}); s.ID != "1" || err != nil {
		t.Errorf("Create of a name that another pool has gave %+v, %v", s, err)
	}
}

func TestErrorsOfTheScripts(t *testing.T) {
	create := func(p *Provider, ctx context.Context) error {
		_, err := p.Create(ctx, pool.Order{Name: "web-1"})
		return err
	}
	list := func(p *Provider, ctx context.Context) error {
		_, err := p.List(ctx)
		return err
	}
	destroy := func(p *Provider, ctx context.Context) error { return p.Destroy(ctx, "1") }
	one := func(o *ProviderOptions) { o.List = `echo '[{"id":1}]'` }
	for _, c := range []struct {
		name    string
		change  func(*ProviderOptions)
		call    func(*Provider, context.Context) error
		want    string
		refused bool
	}{
		{"list fails", func(o *ProviderOptions) { o.List = `echo "bad $APP_KEY" >&2; exit 4` }, list, "list command: exit status 4: bad ***", false},
		{"list fails before create", func(o *ProviderOptions) { o.List = "exit 4" }, create, "list command: exit status 4", false},
		{"list fails before destroy", func(o *ProviderOptions) { o.List = "exit 4" }, destroy, "list command: exit status 4", false},
		{"list prints nothing", func(o *ProviderOptions) { o.List = "true" }, list, "list command: it printed nothing", false},
		{"list without end", func(o *ProviderOptions) { o.List = "head -c 9000000 /dev/zero" }, list, "list command: it printed more than 8 MB", false},
		{"create fails", func(o *ProviderOptions) { o.Create = `echo "bad $APP_KEY" >&2; exit 5` }, create, "create command: exit status 5: bad ***", false},
		{"create refuses", func(o *ProviderOptions) { o.Create = `echo "limit reached" >&2; exit 69` }, create, "create command: exit status 69: limit reached", true},
		{"create does nothing", func(o *ProviderOptions) { o.Create = "true" }, create, "printed nothing, and the list command shows no server web-1", false},
		{"create prints an error", func(o *ProviderOptions) { o.Create = `echo "denied for $APP_KEY"` }, create, "shows no server web-1, and its output names none", false},
		{"create makes another", func(o *ProviderOptions) { o.Create = `echo '{"id":"a","name":"web-2"}'` }, create, "was to create server web-1, but reports web-2", false},
		{"create makes two", func(o *ProviderOptions) { o.Create = `echo '[{"id":"a"},{"id":"b"}]'` }, create, "it printed 2 servers: must print the one that it created", false},
		{"create is slow", func(o *ProviderOptions) { o.Create, o.Timeout = "sleep 60", 300*time.Millisecond }, create, "it took longer than 300ms, so it was stopped", false},
		{"destroy fails", func(o *ProviderOptions) { one(o); o.Destroy = `echo "bad $APP_KEY" >&2; exit 6` }, destroy, "destroy command: exit status 6: bad ***", false},
		{"destroy is not found", func(o *ProviderOptions) { one(o); o.Destroy = "./nowhere" }, destroy, "destroy command: exit status 127", false},
	} {
		p, _ := servers(t, c.change)
		err := c.call(p, t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") || errors.Is(err, pool.ErrRefused) != c.refused {
			t.Errorf("%s: %v, want an error with %s", c.name, err, c.want)
		}
	}
	p, _ := servers(t)
	for _, o := range []pool.Order{{}, {Name: "-x"}, {Name: "a b"}, {Name: "web-1", Size: "$(x)"}} {
		if _, err := p.Create(t.Context(), o); !errors.Is(err, pool.ErrRefused) {
			t.Errorf("Create of %+v gave %v", o, err)
		}
	}
}

func TestProviderThatCannotRunIsRefused(t *testing.T) {
	for _, c := range []struct {
		o    ProviderOptions
		want string
	}{
		{ProviderOptions{Pool: "web", Create: "x", Destroy: "x"}, "the list command is empty: it must print the pool's servers as JSON"},
		{ProviderOptions{Pool: "web", List: "x", Create: " ", Destroy: "x"}, "the create command is empty: it must create the server SERVER_NAME"},
		{ProviderOptions{Pool: "web", List: "x", Create: "x"}, "the destroy command is empty: it must destroy the server SERVER_ID"},
		{ProviderOptions{Pool: "a b", List: "x", Create: "x", Destroy: "x"}, `invalid pool name "a b"`},
		{ProviderOptions{Pool: "web", List: "x", Create: "x\x00", Destroy: "x"}, "zero byte"},
		{ProviderOptions{Pool: "web", List: "x", Create: "x", Destroy: "x", Timeout: -1}, "timeout of the commands -1ns"},
		{ProviderOptions{Pool: "web", List: "x", Create: "x", Destroy: "x", Dir: "nowhere"}, "folder of the commands: stat nowhere"},
	} {
		if _, err := NewProvider(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", c.o, err, c.want)
		}
	}
}

func TestCheckOfServersRunsOnlyTheListCommand(t *testing.T) {
	p, dir := servers(t, func(o *ProviderOptions) { o.Destroy = "if true" })
	var got []string
	p.Check(t.Context(), func(what, found string, err error) {
		if err != nil {
			found = "BAD"
		}
		got = append(got, what+": "+found)
	})
	want := "list command: it prints 0 servers of the pool; create command: valid syntax (not run); destroy command: BAD"
	if g := strings.Join(got[1:], "; "); g != want {
		t.Errorf("got  %s\nwant %s", g, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "log")); err == nil {
		t.Error("Check made or destroyed a server")
	}
}
