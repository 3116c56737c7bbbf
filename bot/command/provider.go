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

// refusal is EX_UNAVAILABLE of sysexits.h: no server was made, and none would be if it was asked again.
const refusal = 69

// ProviderOptions say by which commands servers are made and destroyed. They are run by `sh -c`, one at a time, and
// have done their work when they end with exit status 0. All find POOL_NAME in their environment.
type ProviderOptions struct {
	// Pool is the pool's name: what the commands find as POOL_NAME.
	Pool string
	// List prints the servers of the pool on its standard output, as an array of JSON objects with these keys:
	//
	//	id       the provider's, a string or a number; the only one that must be there
	//	name     as it was ordered; the id where it is empty
	//	address  an IP address or a host name, with ":port" where each server has one of its own; empty until it has one
	//	state    making, active, off, ending, failed or gone; empty for active. The words of AWS and DigitalOcean are understood
	//	size     what the provider calls it
	//	price    dollars an hour
	//	created  such as "2026-11-22T12:00:00Z"
	//	note     a few words on the state, for people
	//	pool     whose it is, where the command prints the servers of others too: they are passed over
	//
	// What `aws ec2 describe-instances` prints as JSON is understood as it is, where the tag Name holds the name; the
	// address is the private one. Whatever is listed is the pool's, and may be destroyed: a list must be filtered by a
	// tag of the pool's own.
	List string
	// Create has one server made, of the name that it finds as SERVER_NAME and the size in SERVER_SIZE, which is empty
	// for the provider's default. It need not wait until the server runs. What it prints is read where it is one such
	// object, or what `aws ec2 run-instances` prints; else the list command is asked. Exit status 69 says that no
	// server was made and that it is no use to ask again; after any other but 0 there may be one.
	Create string
	// Destroy ends the server that it finds as SERVER_ID for good; SERVER_NAME and SERVER_SIZE tell more of it. What it
	// prints is thrown away.
	Destroy string
	// Dir is where the commands run. Empty means the working directory.
	Dir string
	// Env is the whole environment of the commands, each "KEY=value". Nothing is inherited: they need a PATH here.
	Env []string
	// Timeout is how long each call may take, with all commands that it runs and the wait for the call before it. Zero
	// means 2 min.
	Timeout time.Duration
	// Secrets are replaced by *** in errors and notes.
	Secrets []string
}

// A Provider makes and destroys servers by commands. Which servers are the pool's is what the list command says, and no
// other is given to the destroy command.
type Provider struct {
	runner
	o ProviderOptions
}

var _ pool.Provider = (*Provider)(nil)

// NewProvider checks the options. It runs no command.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	for _, c := range []struct{ name, text, does string }{
		{"list", o.List, "prints the servers of the pool as JSON"},
		{"create", o.Create, "makes the server SERVER_NAME"},
		{"destroy", o.Destroy, "ends the server SERVER_ID"},
	} {
		if strings.TrimSpace(c.text) == "" {
			return nil, fmt.Errorf("servers by commands need a %s command, which %s: it is empty", c.name, c.does)
		}
	}
	if !isPlain(o.Pool) {
		return nil, fmt.Errorf("name of the pool %q: want letters, digits and -, such as web", firstRunes(o.Pool, 80))
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

// Create runs the create command, unless the list has a server of that name already.
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	for what, text := range map[string]string{"name": o.Name, "size": o.Size} {
		if !isPlain(text) && (text != "" || what == "name") {
			return pool.Server{}, fmt.Errorf("%w: %s of the server to make %q: want letters, digits, and - within",
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

// made goes by what the command printed, or by the list.
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
		return pool.Server{}, fmt.Errorf("see what the create command made: %w", err)
	case ok:
		return s, nil
	case len(out.b) > 0 && unread != nil:
		return pool.Server{}, fmt.Errorf("create command: it ended well, but the list command shows no server %s, "+
			"and what it printed tells of none: %w", o.Name, unread)
	case len(out.b) > 0:
		return pool.Server{}, fmt.Errorf("create command: it was asked for the server %s, and says that it made %s",
			o.Name, p.text(firstRunes(printed.Name, 80)))
	}
	return pool.Server{}, fmt.Errorf("create command: it ended well, but printed nothing, and the list command shows "+
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
			return pool.Server{}, fmt.Errorf("server %s (%s) is listed as another pool's: %w", id,
				s.Name, pool.ErrNotOurs)
		default:
			return s.Server, nil
		}
	}
	return pool.Server{}, fmt.Errorf("server %s is not in the list: %w", p.text(firstRunes(id, 80)), pool.ErrGone)
}

// Destroy runs the destroy command for a server of the list. For one that is not listed, or on its way out, it is not
// run.
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

// Check runs the list command, and has the shell read the others without running them.
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

// The caller has the turn.
func (p *Provider) list(ctx context.Context) ([]found, error) {
	out, err := p.sh(ctx, "list command", maxServers, p.about(pool.Server{}), "-c", p.o.List)
	if err != nil {
		return nil, err
	}
	if out.dropped {
		return nil, fmt.Errorf("list command: it printed more than %d MB, want the servers of one pool", maxServers>>20)
	}
	list, err := p.reader().servers(out.b)
	if err != nil {
		return nil, fmt.Errorf("list command: %w", err)
	}
	return list, nil
}

// named leaves out a server that is on its way out.
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
