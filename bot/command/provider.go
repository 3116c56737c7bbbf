package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// EX_UNAVAILABLE of sysexits.h: no server was created, and a repetition would fail too.
const refusal = 69

// ProviderOptions are the commands that create and destroy servers. They are run by `sh -c`, one at a time. Exit status
// 0 means success. All of them get POOL_NAME in their environment.
type ProviderOptions struct {
	// Pool is the pool's name, the commands' POOL_NAME.
	Pool string
	// List prints the pool's servers on standard output, as a JSON array of objects with these keys:
	//
	//	id       the provider's id, a string or a number; required
	//	name     as ordered; the id if empty
	//	address  an IP address or a host name, with ":port" if servers have different ports; empty until assigned
	//	state    making, active, off, ending, failed or gone; empty means active. AWS's and DigitalOcean's words are accepted
	//	size     the provider's name of the size
	//	price    dollars an hour
	//	created  such as "2026-11-22T12:00:00Z"
	//	note     a few words on the state, for people
	//	pool     the server's pool, if the command prints servers of others too; those are ignored
	//
	// The JSON output of `aws ec2 describe-instances` is accepted too. The tag Name holds the name, and the private
	// address is used. Every listed server belongs to the pool and may be destroyed, so filter the list by a tag of the
	// pool.
	List string
	// Create creates one server with the name SERVER_NAME and the size SERVER_SIZE, which is empty for the provider's
	// default. It need not wait until the server runs. It may print one such object, or the output of `aws ec2
	// run-instances`; otherwise List runs next. Exit status 69 means that no server was created and a repetition is
	// useless. After any other failure a server may exist.
	Create string
	// Destroy ends the server SERVER_ID for good. SERVER_NAME and SERVER_SIZE are set too. Its output is ignored.
	Destroy string
	// Dir is the folder in which the commands run; empty means the working directory.
	Dir string
	// Env is the whole environment of the commands, each "KEY=value". Nothing is inherited, so PATH must be set here.
	Env []string
	// Timeout of a call, with all the commands that it runs and the wait for the previous call; 0 means 2 min.
	Timeout time.Duration
	// Secrets are replaced by *** in errors and notes.
	Secrets []string
}

// A Provider creates and destroys servers with commands. The list command defines the pool's servers, and only those
// are passed to the destroy command.
type Provider struct {
	runner
	o ProviderOptions
}

var _ pool.Provider = (*Provider)(nil)

// NewProvider checks the options. It runs no commands.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	for _, c := range []struct{ name, text, does string }{
		{"list", o.List, "must print the pool's servers as JSON"},
		{"create", o.Create, "must create the server SERVER_NAME"},
		{"destroy", o.Destroy, "must destroy the server SERVER_ID"},
	} {
		if strings.TrimSpace(c.text) == "" {
			return nil, fmt.Errorf("the %s command is empty: it %s", c.name, c.does)
		}
	}
	if !isPlain(o.Pool) {
		return nil, fmt.Errorf("invalid pool name %q: must be letters, digits and -, such as web",
			firstRunes(o.Pool, 80))
	}
	r, err := newRunner(o.Dir, o.Env, o.Timeout, o.Secrets, o.List, o.Create, o.Destroy)
	if err != nil {
		return nil, err
	}
	return &Provider{runner: r, o: o}, nil
}

// List runs the list command.
func (p *Provider) List(ctx context.Context) ([]pool.Server, error) {
	ctx, end, err := p.begin(ctx, "list command")
	if err != nil {
		return nil, err
	}
	defer end()
	all, err := p.list(ctx)
	if err != nil {
		return nil, err
	}
	var own []pool.Server
	for _, s := range all {
		if s.own() {
			own = append(own, s.Server)
		}
	}
	return own, nil
}

func (f found) own() bool { return !f.elsewhere && !f.gone }

// Create runs the create command, unless the list already has a server of that name.
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	for what, text := range map[string]string{"name": o.Name, "size": o.Size} {
		if !isPlain(text) && (text != "" || what == "name") {
			return pool.Server{}, fmt.Errorf("%w: invalid %s of the new server %q: must be letters, digits, "+
				"and - within",
				pool.ErrRefused, what, firstRunes(text, 80))
		}
	}
	ctx, end, err := p.begin(ctx, "create command")
	if err != nil {
		return pool.Server{}, fmt.Errorf("%w; it was not run", err)
	}
	defer end()
	if s, ok, err := p.named(ctx, o.Name); ok || err != nil {
		return s, err
	}
	out, err := p.sh(ctx, "create command", maxServers,
		p.about(pool.Server{Name: o.Name, Size: o.Size}), "-c", p.o.Create)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == refusal:
		return pool.Server{}, fmt.Errorf("%w: %w", pool.ErrRefused, err)
	case err != nil:
		return pool.Server{}, err
	}
	return p.made(ctx, o, out)
}

// Reads what the command printed, or else the list.
func (p *Provider) made(ctx context.Context, o pool.Order, out capped) (pool.Server, error) {
	printed, unread := p.reader().server(out.b)
	if unread == nil && printed.own() && (printed.Name == o.Name || printed.Name == printed.ID) {
		s := printed.Server
		s.Name = o.Name
		if s.Size == "" {
			s.Size = o.Size
		}
		return s, nil
	}
	s, ok, err := p.named(ctx, o.Name)
	switch {
	case err != nil:
		return pool.Server{}, fmt.Errorf("list the servers after the create command: %w", err)
	case ok:
		return s, nil
	case len(out.b) > 0 && unread != nil:
		return pool.Server{}, fmt.Errorf("create command: it succeeded, but the list command shows no server %s, "+
			"and its output names none: %w", o.Name, unread)
	case len(out.b) > 0:
		return pool.Server{}, fmt.Errorf("create command: it was to create server %s, but reports %s",
			o.Name, p.text(firstRunes(printed.Name, 80)))
	}
	return pool.Server{}, fmt.Errorf("create command: it succeeded, but printed nothing, and the list command shows "+
		"no server %s", o.Name)
}

// Describe reads a server from the list.
func (p *Provider) Describe(ctx context.Context, id string) (pool.Server, error) {
	ctx, end, err := p.begin(ctx, "list command")
	if err != nil {
		return pool.Server{}, err
	}
	defer end()
	return p.describe(ctx, id)
}

func (p *Provider) describe(ctx context.Context, id string) (pool.Server, error) {
	all, err := p.list(ctx)
	if err != nil {
		return pool.Server{}, err
	}
	for _, s := range all {
		switch {
		case s.ID != id || s.gone:
		case s.elsewhere:
			return pool.Server{}, fmt.Errorf("server %s (%s) is listed for another pool: %w", id,
				s.Name, pool.ErrNotOurs)
		default:
			return s.Server, nil
		}
	}
	return pool.Server{}, fmt.Errorf("server %s is not in the list: %w", p.text(firstRunes(id, 80)), pool.ErrGone)
}

// Destroy runs the destroy command for a listed server. For a server that is not listed or already ending it does
// nothing.
func (p *Provider) Destroy(ctx context.Context, id string) error {
	ctx, end, err := p.begin(ctx, "destroy command")
	if err != nil {
		return err
	}
	defer end()
	s, err := p.describe(ctx, id)
	switch {
	case errors.Is(err, pool.ErrGone):
		return nil
	case err != nil:
		return err
	case s.State == pool.Ending:
		return nil
	}
	_, err = p.sh(ctx, "destroy command", 0, p.about(s), "-c", p.o.Destroy)
	return err
}

// Check runs the list command, and checks the syntax of the others without running them.
func (p *Provider) Check(ctx context.Context, report func(what, found string, err error)) {
	report("shell", p.shell, nil)
	list, err := p.List(ctx)
	found := ""
	if err == nil {
		found = fmt.Sprintf("it prints %d servers of the pool", len(list))
	}
	report("list command", found, err)
	p.reportUnrun(ctx, "create command", p.o.Create, report)
	p.reportUnrun(ctx, "destroy command", p.o.Destroy, report)
}

// The caller holds the turn.
func (p *Provider) list(ctx context.Context) ([]found, error) {
	out, err := p.sh(ctx, "list command", maxServers, p.about(pool.Server{}), "-c", p.o.List)
	if err != nil {
		return nil, err
	}
	if out.dropped {
		return nil, fmt.Errorf("list command: it printed more than %d MB: must print the servers of one pool",
			maxServers>>20)
	}
	list, err := p.reader().servers(out.b)
	if err != nil {
		return nil, fmt.Errorf("list command: %w", err)
	}
	return list, nil
}

// Ignores servers that are ending.
func (p *Provider) named(ctx context.Context, name string) (s pool.Server, ok bool, err error) {
	all, err := p.list(ctx)
	if err != nil {
		return pool.Server{}, false, err
	}
	i := slices.IndexFunc(all, func(s found) bool { return s.own() && s.Name == name && s.State != pool.Ending })
	if i < 0 {
		return pool.Server{}, false, nil
	}
	return all[i].Server, true, nil
}

func (p *Provider) about(s pool.Server) []string {
	env := []string{"POOL_NAME=" + p.o.Pool}
	for _, v := range []struct{ key, value string }{
		{"SERVER_ID", s.ID},
		{"SERVER_NAME", s.Name},
		{"SERVER_SIZE", s.Size},
	} {
		env = append(env, v.key+"="+v.value)
	}
	return env
}

func (p *Provider) reader() reader { return reader{pool: p.o.Pool, text: p.text} }

func (p *Provider) text(text string) string { return p.show(capped{b: []byte(text)}) }
