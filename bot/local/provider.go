package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// ProviderOptions say what the servers of this machine are.
type ProviderOptions struct {
	// Command, Dir, Env, Out and Log are as in [Options]. A process finds its PORT in its environment, and SERVER_ID,
	// SERVER_NAME and SERVER_SIZE.
	Command string
	Dir     string
	Env     []string
	Out     io.Writer
	Log     *slog.Logger
	// Boot is how long a server is being made before its process is started, as a machine boots. Zero means that it is
	// started at once.
	Boot time.Duration
	// Sizes are those that can be had, the cheapest first, which is the default. Empty means that any is taken, and
	// that servers cost nothing. A process is no faster for a greater size, unless it makes something of SERVER_SIZE.
	Sizes []pool.Size
}

// A Provider makes servers that are processes of this machine, each on a port of its own at 127.0.0.1. It serves
// demonstrations and tests. Servers end with it, by [Provider.Close], or by the watchdog when the program is killed; so
// there are none when it begins.
//
// A server whose process has ended by itself is off, and stays so until it is destroyed.
type Provider struct {
	o     ProviderOptions
	log   *slog.Logger
	procs *launcher
	ports *ports
	grace time.Duration // from SIGTERM to SIGKILL

	mu      sync.Mutex
	closed  bool
	last    int // the number of the newest server
	servers []*server
	keepers sync.WaitGroup // one for each server
}

// What is told of a server is guarded by the provider's lock.
type server struct {
	pool.Server
	quit chan struct{} // closed when it is to end
}

var _ pool.Provider = (*Provider)(nil)

// NewProvider checks the options and starts the watchdog. It starts no server. It must be closed.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Boot < 0 {
		return nil, fmt.Errorf("boot time of a local server %v: want 0 or more", o.Boot)
	}
	if err := validate(Options{Command: o.Command, Dir: o.Dir, ProcessType: "server"}); err != nil {
		return nil, err
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("the local servers run their command by sh, which is not on the PATH: %w", err)
	}
	p := &Provider{
		o: o, log: o.Log, procs: newLauncher(shell, o.Command, o.Dir, o.Env, newOutput(o.Out)),
		ports: newPorts(), grace: 10 * time.Second,
	}
	if p.procs.dog, err = startWatchdog(shell, p.log); err != nil {
		return nil, fmt.Errorf("start the watchdog of the local servers: %w", err)
	}
	return p, nil
}

// Close ends all servers, by SIGTERM, and by SIGKILL after 10 s. It returns when they are gone.
func (p *Provider) Close() {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	for _, s := range p.servers {
		p.quit(s)
	}
	p.mu.Unlock()
	p.keepers.Wait()
	if first {
		p.procs.dog.end()
	}
}

// List tells all servers, the oldest first.
func (p *Provider) List(ctx context.Context) ([]pool.Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list the local servers: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []pool.Server
	for _, s := range p.servers {
		list = append(list, s.Server)
	}
	return list, nil
}

// Create has a server made. It refuses more than [MaxDynos] of them.
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	if err := ctx.Err(); err != nil {
		return pool.Server{}, fmt.Errorf("make the local server %s: %w", o.Name, err)
	}
	if !processTypes.MatchString(o.Name) {
		return pool.Server{}, fmt.Errorf("%w: name of a local server %q: want letters, digits, _ and -, "+
			"such as web-1", pool.ErrRefused, o.Name)
	}
	size, err := p.size(o.Size)
	if err != nil {
		return pool.Server{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	there := func(s *server) bool { return s.Name == o.Name && s.State != pool.Ending }
	if i := slices.IndexFunc(p.servers, there); i >= 0 {
		return p.servers[i].Server, nil
	}
	switch {
	case p.closed:
		return pool.Server{}, fmt.Errorf("%w: the provider of local servers is closed", pool.ErrRefused)
	case len(p.servers) >= MaxDynos:
		return pool.Server{}, fmt.Errorf("%w: there are %d local servers, and can be no more",
			pool.ErrRefused, MaxDynos)
	}
	p.last++
	s := &server{
		Server: pool.Server{
			ID: strconv.Itoa(p.last), Name: o.Name, State: pool.Making, Size: size.Name,
			Price: size.Price, Created: time.Now(),
		},
		quit: make(chan struct{}),
	}
	p.servers = append(p.servers, s)
	p.keepers.Go(func() { p.keep(s) })
	return s.Server, nil
}

// Describe tells of one server.
func (p *Provider) Describe(ctx context.Context, id string) (pool.Server, error) {
	if err := ctx.Err(); err != nil {
		return pool.Server{}, fmt.Errorf("read the local server %s: %w", id, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.find(id); s != nil {
		return s.Server, nil
	}
	return pool.Server{}, fmt.Errorf("local server %q: %w", id, pool.ErrGone)
}

// Destroy ends a server's process, as [Provider.Close] does, and does not wait for it.
func (p *Provider) Destroy(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("destroy the local server %s: %w", id, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.find(id); s != nil {
		p.quit(s)
	}
	return nil
}

// Sizes are those of the options.
func (p *Provider) Sizes(context.Context) ([]pool.Size, error) { return slices.Clone(p.o.Sizes), nil }

// Images are none: every server runs the same command.
func (p *Provider) Images(context.Context) ([]pool.Image, error) { return nil, nil }

func (p *Provider) size(name string) (pool.Size, error) {
	if len(p.o.Sizes) == 0 {
		return pool.Size{Name: name}, nil
	}
	var names []string
	for i, s := range p.o.Sizes {
		if s.Name == name || name == "" && i == 0 {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return pool.Size{}, fmt.Errorf("%w: size of a local server %q: want one of %s", pool.ErrRefused, name,
		strings.Join(names, ", "))
}

func (p *Provider) keep(s *server) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.servers = slices.DeleteFunc(p.servers, func(o *server) bool { return o == s })
	}()
	select {
	case <-time.After(p.o.Boot):
	case <-s.quit:
		return
	}
	port, proc, err := p.run(s)
	if err != nil {
		p.tell(s, func(t *pool.Server) { t.State, t.Note = pool.Failed, err.Error() })
		<-s.quit
		return
	}
	defer p.ports.giveBack(port)
	p.tell(s, func(t *pool.Server) {
		t.State, t.Address = pool.Active, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	})
	select {
	case <-proc.done:
		p.log.Warn("local server ended by itself", "server", s.Name, "exit", proc.exit)
		p.tell(s, func(t *pool.Server) { t.State, t.Note = pool.Off, "its process ended: "+proc.exit })
		<-s.quit
	case <-s.quit:
		if proc.end(p.grace) {
			p.log.Warn("local server did not end on SIGTERM, so it got SIGKILL", "server", s.Name, "after", p.grace)
		}
	}
}

// The port is the server's from then on.
func (p *Provider) run(s *server) (port int, proc *process, err error) {
	if port, err = p.ports.take(); err != nil {
		return 0, nil, err
	}
	proc, err = p.procs.start(s.Name, port, "SERVER_ID="+s.ID, "SERVER_NAME="+s.Name, "SERVER_SIZE="+s.Size)
	if err != nil {
		p.ports.giveBack(port)
		return 0, nil, errors.Join(errors.New("its process could not be started"), err)
	}
	return port, proc, nil
}

// tell leaves a server alone that is on its way out.
func (p *Provider) tell(s *server, change func(*pool.Server)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.State != pool.Ending {
		change(&s.Server)
	}
}

// The caller holds the lock.
func (p *Provider) quit(s *server) {
	if s.State != pool.Ending {
		s.State, s.Note = pool.Ending, ""
		close(s.quit)
	}
}

// The caller holds the lock.
func (p *Provider) find(id string) *server {
	if i := slices.IndexFunc(p.servers, func(s *server) bool { return s.ID == id }); i >= 0 {
		return p.servers[i]
	}
	return nil
}
