package local

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary has several roles: the tests, the platform's app, and bots that get killed.
func TestMain(m *testing.M) {
	switch os.Getenv("LOCAL_TEST_ROLE") {
	case "app":
		app(os.Getenv("MODE"))
	case "provider":
		doomedProvider()
	case "bot":
		doomedBot()
	default:
		goleak.VerifyTestMain(m)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func app(mode string) {
	switch mode {
	case "crash":
		fmt.Print("about to\ncrash")
		os.Exit(3)
	case "slow boot":
		awaitFile(os.Getenv("GATE"))
	case "deaf":
		select {} // never listens
	case "ignore SIGTERM":
		signal.Ignore(syscall.SIGTERM)
	case "grandchild":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "MODE=", "PORT=0")
		out, _ := child.StdoutPipe()
		if err := child.Start(); err != nil {
			panic(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		fmt.Print("grandchild ", line) // its address
	}
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listens at", ln.Addr())
	srv := &http.Server{Handler: appHandler()}
	ended := make(chan struct{})
	if mode == "" || mode == "slow boot" {
		go func() {
			defer close(ended)
			term := make(chan os.Signal, 1)
			signal.Notify(term, syscall.SIGTERM)
			<-term
			_ = srv.Shutdown(context.Background())
		}()
	}
	_ = srv.Serve(ln)
	<-ended
}

func appHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, os.Getenv("DYNO")) })
	// /hold names its process at once, and ends once the file exists.
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, os.Getenv("DYNO"))
		_ = http.NewResponseController(w).Flush()
		awaitFile(r.FormValue("file"))
		fmt.Fprintln(w, "done")
	})
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(4) })
	return mux
}

func awaitFile(name string) {
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const quickExit = "GORACE=atexit_sleep_ms=0"

func options(t testing.TB, mode string, n int) Options {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	return Options{
		Command: `"$APP"`,
		Env:     []string{"APP=" + self, "LOCAL_TEST_ROLE=app", "MODE=" + mode, "PATH=" + os.Getenv("PATH"), quickExit},
		Addr:    "127.0.0.1:0",
		Dynos:   n,
	}
}

func open(t testing.TB, o Options) *Platform {
	t.Helper()
	p, err := New(o)
	must(t, err)
	t.Cleanup(p.Kill)
	return p
}

func run(t testing.TB, p *Platform) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		err = p.Run(ctx)
	}()
	stop = func() error {
		cancel()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Error("Run did not return within 20 s of its context's end")
		}
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func start(t testing.TB, p *Platform) (stop func() error) {
	t.Helper()
	stop = run(t, p)
	settle(t, p)
	return stop
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func settle(t testing.TB, p *Platform) {
	t.Helper()
	eventually(t, "settled", func() bool {
		_, settled, err := p.Size(t.Context())
		return err == nil && settled
	})
}

func resize(t testing.TB, p *Platform, n int) {
	t.Helper()
	must(t, p.Resize(t.Context(), n))
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	res, err := client.Get(url)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, strings.TrimSpace(string(body))
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

func listening(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

func touch(t testing.TB, name string) {
	t.Helper()
	must(t, os.WriteFile(name, nil, 0o600))
}

func states(p *Platform) string {
	var list []string
	for _, d := range p.Dynos() {
		list = append(list, fmt.Sprintf("%s %s", d.Name, d.State))
	}
	return strings.Join(list, ", ")
}
