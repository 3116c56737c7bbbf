// Package local is a platform on the machine it runs on: it starts the processes of a Procfile app and routes requests
// to them, as Heroku would.
//
// Each process is one shell command with a $PORT of its own. A router in front sends every request to a random process
// that accepts connections, retries on another one only when a connection was refused, and answers 503 with Heroku's
// error codes when no answer comes. A process that crashes is started again, later each time it does. Scaling down ends
// the highest-numbered process first.
//
// No process outlives the bot: each runs in a process group of its own that is ended as a whole, and a watchdog ends
// the groups when the bot itself is killed. Only a process that leaves its group by its own will (setsid) escapes. It
// runs on Linux and macOS.
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

// MaxDynos is the greatest number of processes: Heroku's own limit for one process type.
const MaxDynos = 100

// Options say what to run and where.
type Options struct {
	// Command is the shell command of one process: "gunicorn app:app". It is run by `sh -c`, and must listen on $PORT
	// at 127.0.0.1 or at all addresses.
	Command string
	// Dir is where the processes run. Empty means the working directory.
	Dir string
	// Env is the whole environment of the processes, each "KEY=value". PORT and DYNO ("web.1") are added. Nothing is
	// inherited: a command that is looked up needs a PATH here.
	Env []string
	// Addr is where the router listens: "127.0.0.1:5000", which is also what empty means. Port 0 is any free one.
	Addr string
	// ProcessType names the processes: web.1, web.2 and so on. Empty means "web".
	ProcessType string
	// Dynos is how many processes to start with, 0 to MaxDynos.
	Dynos int
	// Out receives the output of the processes line by line, each line in one Write and prefixed "web.1 | ". A line of
	// more than 10,000 bytes is split. Nil means that the output is thrown away.
	Out io.Writer
	// Log receives what becomes of the processes, and the router's errors. Nil means silence.
	Log *slog.Logger
	// BootTimeout is how long a process may take until it accepts connections. Zero means 60 s, as on Heroku (R10).
	BootTimeout time.Duration
}

type timing struct { // so that a test can shorten them
	boot       time.Duration // from the start of a process to its first accepted connection
	firstByte  time.Duration // from a request to the first byte of its answer
	drain      time.Duration // how long SIGTERM waits at most for the requests of a process that is scaled away
	grace      time.Duration // from SIGTERM to SIGKILL
	backoff    time.Duration // from a first crash to the restart; doubles with each further crash
	backoffMax time.Duration // what the doubling ends at
	calm       time.Duration // a process up for so long has its crashes forgiven
}

// A Platform runs the processes of one app. It is made by [New], lives while [Platform.Run] does, and can be used from
// several goroutines.
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

	closing chan struct{} // closed when the shutdown begins

	mu       sync.Mutex
	phase    phase
	wish     int
	active   []*dyno            // active[i] has the number i+1
	stopping map[*dyno]struct{} // surplus ones whose processes have not ended yet
	keepers  sync.WaitGroup     // one for each active or stopping dyno
}

type phase int

const (
	fresh phase = iota
	live
	ending
)

var processTypes = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// New checks the options and starts to listen at Addr, so that its port is known and nobody else's. It starts no
// process. A platform that is never run is let go of by [Platform.Kill].
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
		return nil, fmt.Errorf("the local platform runs its command by sh, which is not on the PATH: %w", err)
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
		return errors.New("the local platform needs process groups, which this system does not have: use Linux, " +
			"macOS or WSL")
	case strings.TrimSpace(o.Command) == "":
		return errors.New("the local platform needs the shell command of one process, such as \"gunicorn app:app\": " +
			"it is empty")
	case strings.ContainsRune(o.Command, 0):
		return errors.New("the command of the local platform holds a zero byte")
	case !processTypes.MatchString(o.ProcessType):
		return fmt.Errorf("process type %q: want letters, digits, _ and -, such as web", o.ProcessType)
	case o.Dynos < 0 || o.Dynos > MaxDynos:
		return fmt.Errorf("%d processes to start with: want 0 to %d", o.Dynos, MaxDynos)
	case o.BootTimeout < 0:
		return fmt.Errorf("boot timeout %v: want more than 0, or 0 for 60s", o.BootTimeout)
	}
	if o.Dir != "" {
		if st, err := os.Stat(o.Dir); err != nil {
			return fmt.Errorf("folder of the local app: %w", err)
		} else if !st.IsDir() {
			return fmt.Errorf("folder of the local app: %s is no folder", o.Dir)
		}
	}
	return nil
}

func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the local router can't listen on %s: another program does already; choose another "+
			"port, or port 0 for any free one", addr)
	case err != nil:
		return nil, fmt.Errorf("the local router can't listen on %q: %w; want an address such as 127.0.0.1:5000",
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

// WebURL gives the router's URL: "http://127.0.0.1:5000". It never fails.
func (p *Platform) WebURL(context.Context) (string, error) { return p.url, nil }

// Run starts the router and the processes and keeps them until ctx ends. Then every process group gets SIGTERM, those
// that are still there after 10 s get SIGKILL, and Run returns when all of them are gone. It returns an error when it
// could not start, or when the router ended by itself. It runs once.
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
	shutdown.Go(func() { _ = srv.Shutdown(base) }) // listens no more; requests under way go on
	p.keepers.Wait()
	quiet := p.router.close()
	select {
	case <-quiet:
	case <-time.After(settling): // for answers that the processes gave whole and that are on their way to the clients
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
		return errors.New("the local platform runs once, and has run or been killed already")
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

// Kill ends everything at once: SIGKILL to every process group, and Run returns as soon as they are gone. It is what a
// second signal asks for. It can be called at any time; before Run it only gives the address free, and Run then fails.
func (p *Platform) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.procs.kill() && p.phase == fresh {
		p.phase = ending
		close(p.closing)
		_ = p.ln.Close()
	}
}
