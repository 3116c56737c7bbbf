package pool_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// far is a world in another process: each call is a POST to its name.
type far struct{ url string }

type farAnswer struct {
	Servers []pool.Server
	Server  pool.Server
	Members []pool.Member
	Error   string
	Gone    bool
	NotOurs bool
}

func (f far) call(ctx context.Context, name string, argument any) (a farAnswer, err error) {
	body, err := json.Marshal(argument)
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/"+name, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return a, err
	}
	switch {
	case a.Gone:
		return a, pool.ErrGone
	case a.NotOurs:
		return a, pool.ErrNotOurs
	case a.Error != "":
		return a, errors.New(a.Error)
	}
	return a, nil
}

func (f far) List(ctx context.Context) ([]pool.Server, error) {
	a, err := f.call(ctx, "List", nil)
	return a.Servers, err
}

func (f far) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	a, err := f.call(ctx, "Create", o)
	return a.Server, err
}

func (f far) Describe(ctx context.Context, id string) (pool.Server, error) {
	a, err := f.call(ctx, "Describe", id)
	return a.Server, err
}

func (f far) Destroy(ctx context.Context, id string) error {
	_, err := f.call(ctx, "Destroy", id)
	return err
}

func (f far) Members(ctx context.Context) ([]pool.Member, error) {
	a, err := f.call(ctx, "Members", nil)
	return a.Members, err
}

func (f far) Add(ctx context.Context, s pool.Server) error {
	_, err := f.call(ctx, "Add", s)
	return err
}

func (f far) Drain(ctx context.Context, m pool.Member) error {
	_, err := f.call(ctx, "Drain", m)
	return err
}

func (f far) Remove(ctx context.Context, m pool.Member) error {
	_, err := f.call(ctx, "Remove", m)
	return err
}

func (f far) Healthy(ctx context.Context, s pool.Server) error {
	_, err := f.call(ctx, "Healthy", s)
	return err
}

type farWorld struct {
	*pooltest.World
	told func(call string)
}

func (f farWorld) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var (
		a   farAnswer
		err error
		id  string
		o   pool.Order
		s   pool.Server
		m   pool.Member
		ctx = context.WithoutCancel(r.Context()) // an order that has arrived is carried out, whatever becomes of who sent it
	)
	name := strings.TrimPrefix(r.URL.Path, "/")
	argument := map[string]any{"Create": &o, "Describe": &id, "Destroy": &id, "Add": &s, "Healthy": &s, "Drain": &m, "Remove": &m}[name]
	if argument != nil {
		err = json.NewDecoder(r.Body).Decode(argument)
	}
	changes := slices.Contains([]string{"Create", "Destroy", "Add", "Drain", "Remove"}, name)
	if changes {
		f.told("before " + name)
	}
	switch name {
	case "List":
		a.Servers, err = f.List(ctx)
	case "Create":
		a.Server, err = f.Create(ctx, o)
	case "Describe":
		a.Server, err = f.Describe(ctx, id)
	case "Destroy":
		err = f.Destroy(ctx, id)
	case "Members":
		a.Members, err = f.Members(ctx)
	case "Add":
		err = f.Add(ctx, s)
	case "Drain":
		err = f.Drain(ctx, m)
	case "Remove":
		err = f.Remove(ctx, m)
	case "Healthy":
		err = f.Healthy(ctx, s)
	}
	if changes {
		f.told("after " + name)
	}
	if err != nil {
		a.Error, a.Gone, a.NotOurs = err.Error(), errors.Is(err, pool.ErrGone), errors.Is(err, pool.ErrNotOurs)
	}
	_ = json.NewEncoder(w).Encode(a) // who asked may be dead
}

// TestMain is a bot with nothing but a pool where a test has started it as one: it asks the world at its first argument
// after --, and wants as many servers as its standard input says, line by line.
func TestMain(m *testing.M) {
	if i := slices.Index(os.Args, "--pool-of"); i >= 0 {
		if err := child(os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const moment = 2 * time.Millisecond

func child(url string) error {
	w := far{url}
	p, err := pool.New(pool.Options{
		Name: "web", Provider: w, Balancer: w, Health: w, Limits: between(1, 4), HealthyAfter: 1,
		Timing: pool.Timing{Settle: 50 * moment, Busy: moment, Rest: moment, DrainTimeout: time.Second},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel() // the parent process is gone
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			var n int
			_, _ = fmt.Sscan(lines.Text(), &n)
			_ = p.Resize(ctx, n)
		}
	}()
	return p.Run(ctx)
}

type process struct {
	cmd   *exec.Cmd
	want  func(n int)
	ended chan struct{}
}

func startProcess(t *testing.T, url string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "--pool-of", url)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	p := &process{cmd, func(n int) { fmt.Fprintln(in, n) }, make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // it is killed
	}()
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// A real process is killed before and after each call that changes something, and another continues. In the end the
// desired number of servers exists, all of them serve, and none is left over.
func TestKillNineAtEachCall(t *testing.T) {
	racetest.Long(t) // what runs is another process
	if testing.Short() {
		t.Skip("starts some 40 processes")
	}
	for k, calls := 0, 1; k < calls && !t.Failed(); k++ {
		var (
			mu    sync.Mutex
			count int
			die   = make(chan string, 1)
			dead  = make(chan struct{})
		)
		w := &pooltest.World{Boot: moment, Warm: moment, Join: moment, Busy: moment, End: moment, Lag: 2 * moment, Limits: between(1, 4)}
		w.Serve("web", 2)
		w.Foreign("web-9")
		server := httptest.NewServer(farWorld{w, func(call string) {
			mu.Lock()
			count++
			mine := count == k
			mu.Unlock()
			if mine {
				die <- call
				<-dead // so that the call's answer is never heard
			}
		}})
		bot := startProcess(t, server.URL)
		at := ""
		for _, n := range []int{4, 1, 3} {
			bot.want(n)
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(moment) {
				select {
				case at = <-die:
					bot.kill()
					close(dead)
					bot = startProcess(t, server.URL)
					bot.want(n)
				default:
				}
				if names := w.Names(); len(names) == n && slices.Equal(names, w.Serving()) && len(w.Orphans()) == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Errorf("killed at %s: there are %v, of which %v serve, and %v are left over; want %d", at, w.Names(), w.Serving(), w.Orphans(), n)
					break
				}
			}
		}
		bot.kill()
		server.Close()
		for _, v := range w.Violations() {
			t.Errorf("killed at %s: %s", at, v)
		}
		if k == 0 {
			calls = count + 1
		}
	}
}
