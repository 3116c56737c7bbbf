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

// ProviderOptions configure the servers of this machine.
type ProviderOptions struct {
	// Command, Dir, Env, Out and Log are as in [Options]. A process gets PORT, SERVER_ID, SERVER_NAME and SERVER_SIZE
	// in its environment.
	Command string
	Dir     string
	Env     []string
	Out     io.Writer
	Log     *slog.Logger
	// Boot is the simulated boot time before a server's process starts; 0 means none.
	Boot time.Duration
	// Sizes offered, cheapest first; the first is the default. Empty accepts any size, at no cost. The size does not
	// affect the process, unless it uses SERVER_SIZE.
	Sizes []pool.Size
}

// A Provider's servers are processes of this machine, each on its own port of 127.0.0.1. It serves demonstrations and
// tests. The servers end with [Provider.Close], or through the watchdog if the program is killed, so a new Provider
// starts empty.
//
// A server whose process has ended on its own is off until it is destroyed.
type Provider struct {
	o     ProviderOptions
	log   *slog.Logger
	procs *launcher
	ports *ports
	grace time.Duration // from SIGTERM to SIGKILL

	mu      sync.Mutex
	closed  bool
	last    int // number of the newest server
	servers []*server
	keepers sync.WaitGroup // one for each server
}

// The server's data is guarded by the provider's lock.
type server struct {
	pool.Server
	quit chan struct{} // closed to end it
}

var _ pool.Provider = (*Provider)(nil)

// NewProvider checks the options and starts the watchdog. It starts no server. Close it when done.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Boot < 0 {
		return nil, fmt.Errorf("invalid boot time of a local server %v: must be 0 or more", o.Boot)
	}
	if err := validate(Options{Command: o.Command, Dir: o.Dir, ProcessType: "server"}); err != nil {
		return nil, err
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("the local servers need sh, which is not on the PATH: %w", err)
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

// Close ends all servers with SIGTERM, and with SIGKILL after 10 s. It returns when they have ended.
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

// List returns all servers, oldest first.
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

// Create starts a server. It refuses more than [MaxDynos].
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	if err := ctx.Err(); err != nil {
		return pool.Server{}, fmt.Errorf("create the local server %s: %w", o.Name, err)
	}
	if !processTypes.MatchString(o.Name) {
		return pool.Server{}, fmt.Errorf("%w: invalid name of a local server %q: must be letters, digits, _ and -, "+
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
		return pool.Server{}, fmt.Errorf("%w: the local provider is closed", pool.ErrRefused)
	case len(p.servers) >= MaxDynos:
		return pool.Server{}, fmt.Errorf("%w: there are %d local servers, the maximum",
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

// Describe returns one server.
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

// Destroy ends a server's process as [Provider.Close] does, without waiting.
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

// Sizes returns the sizes of the options.
func (p *Provider) Sizes(context.Context) ([]pool.Size, error) { return slices.Clone(p.o.Sizes), nil }

// Images returns nothing: every server runs the same command.
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
	return pool.Size{}, fmt.Errorf("%w: unknown size of a local server %q: must be one of %s", pool.ErrRefused, name,
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
		p.log.Warn("local server ended on its own", "server", s.Name, "exit", proc.exit)
		p.tell(s, func(t *pool.Server) { t.State, t.Note = pool.Off, "its process ended: "+proc.exit })
		<-s.quit
	case <-s.quit:
		if proc.end(p.grace) {
			p.log.Warn("local server ignored SIGTERM and was killed", "server", s.Name, "after", p.grace)
		}
	}
}

// The port belongs to the server from then on.
func (p *Provider) run(s *server) (port int, proc *process, err error) {
	if port, err = p.ports.take(); err != nil {
		return 0, nil, err
	}
	proc, err = p.procs.start(s.Name, port, "SERVER_ID="+s.ID, "SERVER_NAME="+s.Name, "SERVER_SIZE="+s.Size)
	if err != nil {
		p.ports.giveBack(port)
		return 0, nil, errors.Join(errors.New("cannot start its process"), err)
	}
	return port, proc, nil
}

// Does not change a server that is ending.
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
