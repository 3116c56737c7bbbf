// Package local is a platform on this machine. It starts the processes of a Procfile app and routes requests to them as
// Heroku does.
//
// Each process is a shell command with its own $PORT. A router sends every request to a random process that accepts
// connections. It retries on another process only if a connection was refused, and answers 503 with Heroku's error
// codes if no answer comes. A crashed process is restarted, with growing delays. Scaling down ends the highest-numbered
// process first.
//
// No process outlives the bot: each runs in its own process group, which ends as a whole, and a watchdog ends the
// groups if the bot is killed. Only a process that leaves its group (setsid) escapes. The package needs Linux or macOS.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// MaxDynos is the maximum number of processes: Heroku's limit for a process type.
const MaxDynos = 100

// Options configure a Platform.
type Options struct {
	// Command is the shell command of a process, such as "gunicorn app:app". It is run by `sh -c`, and must listen on
	// $PORT at 127.0.0.1 or at all addresses.
	Command string
	// Dir is the folder in which the processes run; empty means the working directory.
	Dir string
	// Env is the whole environment of the processes, each "KEY=value". PORT and DYNO ("web.1") are added. Nothing is
	// inherited, so PATH must be set here.
	Env []string
	// Addr is the router's address; empty means "127.0.0.1:5000". Port 0 means any free port.
	Addr string
	// ProcessType names the processes: web.1, web.2 and so on; empty means "web".
	ProcessType string
	// Dynos is the number of processes at the start, 0 to MaxDynos.
	Dynos int
	// Out receives the processes' output. Each line is one Write and begins with "web.1 | ". Lines of more than 10,000
	// bytes are split. Nil discards the output.
	Out io.Writer
	// Log receives the processes' events and the router's errors. Nil disables it.
	Log *slog.Logger
	// BootTimeout is the time for a process to accept connections; 0 means 60 s, as on Heroku (R10).
	BootTimeout time.Duration
}

type timing struct { // so that a test can shorten them
	boot       time.Duration // from a process's start to its first accepted connection
	firstByte  time.Duration // from a request to the first byte of its answer
	drain      time.Duration // longest wait for a surplus process's requests before SIGTERM
	grace      time.Duration // from SIGTERM to SIGKILL
	backoff    time.Duration // from a first crash to the restart; doubles with each crash
	backoffMax time.Duration // limit of the doubling
	calm       time.Duration // a process up for this long resets its crashes
}

// A Platform runs the processes of one app. Make one with [New]; it works while [Platform.Run] runs. It is safe for
// concurrent use.
type Platform struct {
	o      Options
	log    *slog.Logger
	procs  *launcher
	ln     net.Listener
	url    string
	timing timing
	pool   *backends
	router *router
	ports  *ports

	closing chan struct{} // closed when the shutdown starts

	mu       sync.Mutex
	phase    phase
	wish     int
	active   []*dyno            // active[i] has number i+1
	stopping map[*dyno]struct{} // surplus dynos whose processes have not ended yet
	keepers  sync.WaitGroup     // one for each active or stopping dyno
}

type phase int

const (
	fresh phase = iota
	live
	ending
)

var processTypes = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// New checks the options and starts to listen at Addr, which reserves the port. It starts no process. Use
// [Platform.Kill] to release a platform that is never run.
func New(o Options) (*Platform, error) {
	if o.ProcessType == "" {
		o.ProcessType = "web"
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:5000"
	}
	if o.BootTimeout == 0 {
		o.BootTimeout = 60 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := validate(o); err != nil {
		return nil, err
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("the local platform needs sh, which is not on the PATH: %w", err)
	}
	ln, err := listen(o.Addr)
	if err != nil {
		return nil, err
	}
	p := &Platform{
		o: o, log: o.Log, ln: ln, url: urlOf(ln.Addr()), wish: o.Dynos,
		timing: timing{
			boot: o.BootTimeout, firstByte: 30 * time.Second, drain: time.Second, grace: 10 * time.Second,
			backoff: time.Second, backoffMax: 5 * time.Minute, calm: time.Minute,
		},
		pool: &backends{}, ports: newPorts(),
		procs:    newLauncher(shell, o.Command, o.Dir, o.Env, newOutput(o.Out)),
		closing:  make(chan struct{}),
		stopping: map[*dyno]struct{}{},
	}
	return p, nil
}

func validate(o Options) error {
	switch {
	case !haveGroups:
		return errors.New("the local platform needs process groups, which this system does not have. Use " +
			"Linux, macOS " +
			"or WSL")
	case strings.TrimSpace(o.Command) == "":
		return errors.New("the command of the local platform is empty: must be a shell command such as \"gunicorn " +
			"app:app\"")
	case strings.ContainsRune(o.Command, 0):
		return errors.New("the command of the local platform contains a zero byte")
	case !processTypes.MatchString(o.ProcessType):
		return fmt.Errorf("invalid process type %q: must be letters, digits, _ and -, such as web", o.ProcessType)
	case o.Dynos < 0 || o.Dynos > MaxDynos:
		return fmt.Errorf("invalid number of processes %d: must be 0 to %d", o.Dynos, MaxDynos)
	case o.BootTimeout < 0:
		return fmt.Errorf("invalid boot timeout %v: must be 0 (60 s) or more", o.BootTimeout)
	}
	if o.Dir != "" {
		if st, err := os.Stat(o.Dir); err != nil {
			return fmt.Errorf("folder of the local app: %w", err)
		} else if !st.IsDir() {
			return fmt.Errorf("folder of the local app: %s is not a folder", o.Dir)
		}
	}
	return nil
}

func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the local router cannot listen on %s: another program uses it. Choose "+
			"another port, or "+
			"port 0 for any free one", addr)
	case err != nil:
		return nil, fmt.Errorf("the local router cannot listen on %q: %w: must be an address such as 127.0.0.1:5000",
			addr, err)
	}
	return ln, nil
}

func urlOf(a net.Addr) string {
	t := a.(*net.TCPAddr)
	host := t.IP.String()
	if t.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(t.Port))
}

// WebURL returns the router's URL, such as "http://127.0.0.1:5000". It never fails.
func (p *Platform) WebURL(context.Context) (string, error) { return p.url, nil }

// Run runs the router and the processes until ctx ends. Then every process group gets SIGTERM, and SIGKILL after 10 s.
// Run returns when all of them have ended. It returns an error if the start failed or the router ended on its own. It
// runs only once.
func (p *Platform) Run(ctx context.Context) error {
	dog, err := startWatchdog(p.procs.shell, p.log)
	if err != nil {
		return fmt.Errorf("start the watchdog of the local platform: %w", err)
	}
	defer dog.end()
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	if err := p.begin(dog); err != nil {
		return err
	}
	srv := newServer(p.router, base, p.log)
	ln, served := bounded(srv, p.ln), make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()

	var failed error
	select {
	case <-ctx.Done():
	case <-p.procs.killed:
	case err := <-served:
		failed = fmt.Errorf("the local router ended: %w", err)
	}

	p.finish()
	var shutdown sync.WaitGroup
	shutdown.Go(func() { _ = srv.Shutdown(base) }) // stops listening; requests in flight continue
	p.keepers.Wait()
	quiet := p.router.close()
	select {
	case <-quiet:
	case <-time.After(settling): // for complete answers on their way to the clients
	}
	cut()
	_ = srv.Close()
	<-quiet
	shutdown.Wait()
	return failed
}

func (p *Platform) begin(dog *watchdog) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != fresh {
		return errors.New("the local platform runs only once, and has already run or been killed")
	}
	p.phase = live
	p.procs.dog = dog
	p.router = newRouter(p.pool, p.ln.Addr().(*net.TCPAddr).Port, p.timing.firstByte, p.log)
	p.adjust()
	return nil
}

func (p *Platform) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != ending {
		p.phase = ending
		close(p.closing)
	}
	p.shrink(0)
}

// Kill sends SIGKILL to every process group, and Run returns as soon as they have ended. A second signal to the bot
// calls it. It can be called at any time. Before Run it only releases the address, and Run then fails.
func (p *Platform) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.procs.kill() && p.phase == fresh {
		p.phase = ending
		close(p.closing)
		_ = p.ln.Close()
	}
}
