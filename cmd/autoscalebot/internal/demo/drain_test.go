package demo

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestMain(m *testing.M) {
	if os.Getenv("DEMO_TEST_ROLE") == "app" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if RunApp(ctx, os.Getenv("PORT")) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestNoRequestFailsWhileServersComeAndGo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	for _, kind := range []string{HAProxy, BuiltIn} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // waits more than it computes
			if kind == HAProxy {
				if _, _, err := findHAProxy(t.Context()); err != nil {
					t.Skipf("%v: apt-get install haproxy", err)
				}
			}
			comeAndGo(t, kind)
		})
	}
}

func comeAndGo(t *testing.T, kind string) {
	front, err := OpenFront(t.Context(), kind)
	must(t, err)
	defer front.Close()
	self, err := os.Executable()
	must(t, err)
	provider, err := local.NewProvider(local.ProviderOptions{
		Command: `exec "$APP"`, Env: []string{"APP=" + self, "DEMO_TEST_ROLE=app", "GORACE=atexit_sleep_ms=0"},
	})
	must(t, err)
	defer provider.Close()
	servers, err := pool.New(pool.Options{
		Name: "web", Provider: provider, Balancer: front, Health: pool.HTTPCheck{Path: HealthPath},
		Limits: func(time.Time) (int, int) { return 1, 4 }, HealthyAfter: 1,
		Timing: pool.Timing{DrainTimeout: 10 * time.Second, Settle: -1, Busy: 50 * time.Millisecond, Rest: 100 * time.Millisecond},
	})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = servers.Run(ctx) })
	serving := func(n int) {
		t.Helper()
		for until := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
			st := servers.Status()
			if st.Serving == n && st.Existing == n && st.Want == n {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("not within 2 minutes: %d servers serve\n%s", n, st)
			}
		}
	}
	serving(1)
	var tally Tally
	ended := make(chan struct{})
	load, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(ended)
		wave := Wave{Low: 18, High: 18, Period: time.Minute, Patience: 2 * time.Minute}
		wave.Run(load, Target{front.URL, &tally})
	}()
	for _, n := range []int{3, 1, 2, 1} {
		must(t, servers.Resize(ctx, n))
		before := tally.All.Load()
		serving(n)
		for tally.All.Load() < before+8 { // a busy machine sends them late
			time.Sleep(20 * time.Millisecond)
		}
	}
	stop()
	<-ended
	if all, failed := tally.All.Load(), tally.Failed.Load(); failed > 0 {
		t.Errorf("of %d requests %d failed, want none", all, failed)
	}
}
