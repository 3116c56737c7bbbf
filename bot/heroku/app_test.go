package heroku_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

// inside reaches a fake in this process, in virtual time.
type inside struct{ srv *herokutest.Server }

// way is how long a request is on its way.
const way = 200 * time.Millisecond

func (i inside) RoundTrip(req *http.Request) (*http.Response, error) {
	select {
	case <-time.After(way):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	own := httptest.NewRequestWithContext(req.Context(), req.Method, "http://heroku"+req.URL.Path, req.Body)
	own.Header = req.Header
	w := httptest.NewRecorder()
	i.srv.ServeHTTP(w, own)
	return w.Result(), nil
}

// A pair is an app with two process types that are scaled by one client, inside a bubble.
type pair struct {
	srv         *herokutest.Server
	app         *heroku.App
	web, worker *heroku.Platform
}

// Runs test with a new pair: two web dynos of Standard-1X, and one worker dyno of Basic, the maximum of that size.
func together(t *testing.T, test func(*testing.T, *pair)) {
	t.Helper()
	srv, _ := open(t)
	synctest.Test(t, func(t *testing.T) {
		app, err := heroku.OpenOver(heroku.Options{App: "my-app", Key: srv.Key}, inside{srv})
		must(t, err)
		test(t, &pair{srv, app, scaler(t, app, "web"), scaler(t, app, "worker")})
	})
}

func scaler(t *testing.T, app *heroku.App, processType string) *heroku.Platform {
	t.Helper()
	p, err := app.Scaler(processType)
	must(t, err)
	return p
}

// The requests since the last call, one per line.
func (c *pair) calls(seen *int) string {
	var lines []string
	for _, call := range c.srv.Calls()[*seen:] {
		lines = append(lines, strings.TrimSpace(call.Method+" "+call.Path+" "+call.Body))
		*seen++
	}
	return strings.Join(lines, "\n")
}

func atOnce(calls ...func()) {
	var wg sync.WaitGroup
	for _, call := range calls {
		wg.Go(call)
	}
	wg.Wait()
}

func wantSize(t *testing.T, p *heroku.Platform, n int) {
	t.Helper()
	if got, _, err := p.Size(t.Context()); got != n || err != nil {
		t.Errorf("Size = %d, %v, want %d", got, err, n)
	}
}

func wantCalls(t *testing.T, c *pair, seen *int, want ...string) {
	t.Helper()
	if got := c.calls(seen); got != strings.Join(want, "\n") {
		t.Errorf("the requests are\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

const list = "GET /apps/my-app/formation"

func TestEachProcessTypeOfAnAppConforms(t *testing.T) {
	for _, processType := range []string{"web", "worker"} {
		t.Run(processType, func(t *testing.T) {
			scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
				srv := herokutest.NewServer(t)
				srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 2}}})
				app, err := heroku.Open(heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL})
				must(t, err)
				scaler(t, app, "web")
				scaler(t, app, "worker")
				return scalertest.Fixture{
					Unit:    "dyno",
					Scaler:  scaler(t, app, processType),
					Count:   func() int { return srv.Quantity("my-app", processType) },
					Set:     func(n int) { srv.SetQuantity("my-app", processType, n) },
					Break:   func() func() { return srv.Fail(herokutest.Fault{Status: http.StatusConflict}) },
					Secrets: []string{srv.Key},
				}
			})
		})
	}
}

func TestAnAppTakesAProcessTypeThatIsOne(t *testing.T) {
	app, err := heroku.Open(heroku.Options{App: "my-app", Key: "key"})
	must(t, err)
	if _, err := app.Scaler("web/x"); err == nil || !strings.Contains(err.Error(), `"web/x" is not a process type`) {
		t.Errorf("error = %v", err)
	}
}

func TestProcessTypesShareReadings(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		seen := 0
		atOnce(func() { wantSize(t, c.web, 2) }, func() { wantSize(t, c.worker, 1) })
		wantCalls(t, c, &seen, list)

		time.Sleep(time.Minute) // one's heartbeat takes longer than the other's
		wantSize(t, c.web, 2)
		time.Sleep(time.Second)
		wantSize(t, c.worker, 1)
		wantCalls(t, c, &seen, list)

		c.srv.SetQuantity("my-app", "web", 5)
		wantSize(t, c.web, 5) // never the same twice
		wantCalls(t, c, &seen, list)

		time.Sleep(3 * time.Second)
		wantSize(t, c.worker, 1) // too old
		wantCalls(t, c, &seen, list)

		atOnce(func() { _, _ = c.web.Up(t.Context()) }, func() { _, _ = c.worker.Up(t.Context()) })
		atOnce(func() { _, _, _ = c.web.Release(t.Context()) }, func() { _, _, _ = c.worker.Release(t.Context()) })
		wantCalls(t, c, &seen, "GET /apps/my-app/dynos", "GET /apps/my-app/releases")
	})
}

func TestAReadingIsFromAfterAChange(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		wantSize(t, c.worker, 1)
		must(t, c.web.Resize(t.Context(), 4))
		wantSize(t, c.web, 4)
	})
}

func TestAProcessTypeThatTheListLacksHasItsOwnAnswer(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		clock := scaler(t, c.app, "clock")
		atOnce(func() { wantSize(t, c.web, 2) }, func() {
			_, _, err := clock.Size(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), "read the formation of clock of my-app: Heroku answered 404") {
				t.Errorf("error = %v", err)
			}
		})
	})
}

func TestAReadingThatFailsFailsForAllWithTheirOwnNames(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		mend := c.srv.Fail(herokutest.Fault{Status: http.StatusForbidden})
		fails := func(p *heroku.Platform, want string) func() {
			return func() {
				if _, _, err := p.Size(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("error = %v, want %s", err, want)
				}
			}
		}
		atOnce(fails(c.web, "read the formation of web of my-app: Heroku answered 403"), fails(c.worker, "read the formation of worker of my-app: Heroku answered 403"))
		wantRequests(t, c.srv, 1)
		mend()
		atOnce(func() { wantSize(t, c.web, 2) }, func() { wantSize(t, c.worker, 1) })
	})
}

func TestChangesOfOneMomentAreOneRequest(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		seen, begun := 0, time.Now()
		atOnce(
			func() { time.Sleep(10 * time.Millisecond); resizes(t, c.worker, 0, "") },
			func() { resizes(t, c.web, 4, "") },
		)
		wantCalls(t, c, &seen, `PATCH /apps/my-app/formation {"updates":[{"type":"web","quantity":4},{"type":"worker","quantity":0}]}`)
		if took := time.Since(begun); took != way+10*time.Millisecond {
			t.Errorf("took %v: whoever came last was waited for, and no longer", took)
		}
		wantDynos(t, c.srv, 4, 0)
		if n, ok := c.worker.Quota(); n != 4499 || !ok {
			t.Errorf("Quota = %d, %v, want 4499", n, ok)
		}
	})
}

// The error must begin with want; "" means no error.
func resizes(t *testing.T, p *heroku.Platform, n int, want string) {
	t.Helper()
	err := p.Resize(t.Context(), n)
	if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Resize(%d): %v, want %q", n, err, want)
	}
}

func TestAChangeThatIsRefusedHoldsNoOtherUp(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		atOnce(
			func() { resizes(t, c.web, 3, "") },
			func() {
				resizes(t, c.worker, 2, "scale worker of my-app to 2: Heroku answered 422 Unprocessable Entity, cannot_update_above_limit")
			},
		)
		wantDynos(t, c.srv, 3, 1)
		wantRequests(t, c.srv, 3)
	})
}

func TestWhatIsWrongWithTheAccountIsAskedOnce(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		c.srv.Fail(herokutest.Fault{Status: http.StatusUnauthorized})
		atOnce(
			func() { resizes(t, c.web, 3, "scale web of my-app to 3: Heroku answered 401") },
			func() { resizes(t, c.worker, 0, "scale worker of my-app to 0: Heroku answered 401") },
		)
		wantRequests(t, c.srv, 1)
	})
}

func TestAnAnswerToABatchThatLacksAProcessTypeIsAnError(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		c.srv.Fail(herokutest.Fault{Body: `[{"type":"web","quantity":3}]`})
		atOnce(
			func() { resizes(t, c.web, 3, "") },
			func() {
				resizes(t, c.worker, 0, "scale worker of my-app to 0: invalid answer: it has no type or no quantity")
			},
		)
	})
	together(t, func(t *testing.T, c *pair) {
		c.srv.Fail(herokutest.Fault{Body: `null`})
		atOnce(
			func() {
				resizes(t, c.web, 3, "scale web of my-app to 3: Heroku answered 200 OK: invalid answer: it has no list")
			},
			func() { resizes(t, c.worker, 0, "scale worker of my-app to 0: Heroku answered 200 OK") },
		)
	})
}

func TestWhoeverIsAloneIsHardlyDelayed(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		seen, begun := 0, time.Now()
		resizes(t, c.web, 3, "")
		wantCalls(t, c, &seen, `PATCH /apps/my-app/formation/web {"quantity":3}`)
		if took := time.Since(begun); took != way+75*time.Millisecond {
			t.Errorf("took %v, want 75 ms more than the way", took)
		}
		begun = time.Now()
		wantSize(t, c.web, 3)
		if took := time.Since(begun); took != way {
			t.Errorf("a reading took %v, want the way alone", took)
		}
	})
}

func TestTwoChangesOfOneProcessTypeAreTwoRequests(t *testing.T) {
	together(t, func(t *testing.T, c *pair) {
		atOnce(func() { resizes(t, c.web, 3, "") }, func() { resizes(t, c.web, 3, "") }, func() { resizes(t, c.worker, 0, "") })
		wantDynos(t, c.srv, 3, 0)
		wantRequests(t, c.srv, 2)
	})
}

func TestACallersEndIsItsOwn(t *testing.T) {
	for name, after := range map[string]time.Duration{
		"before a batch is sent":      20 * time.Millisecond,
		"while a batch is on its way": 100 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			together(t, func(t *testing.T, c *pair) {
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				begun := time.Now()
				atOnce(
					func() {
						err := c.web.Resize(ctx, 5)
						if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != after {
							t.Errorf("ended after %v with %v", time.Since(begun), err)
						}
					},
					func() { time.Sleep(30 * time.Millisecond); resizes(t, c.worker, 0, "") },
				)
				if n := len(c.srv.Calls()); n != 1 || c.srv.Quantity("my-app", "worker") != 0 {
					t.Errorf("%d requests, %d worker dynos, want 1 and 0", n, c.srv.Quantity("my-app", "worker"))
				}
				if early := after < 75*time.Millisecond; early && c.srv.Quantity("my-app", "web") != 2 {
					t.Error("a change that was canceled before it was sent was made")
				}
			})
		})
	}
	t.Run("of a reading", func(t *testing.T) {
		together(t, func(t *testing.T, c *pair) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			atOnce(
				func() {
					_, _, err := c.web.Size(ctx)
					if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "read the formation of web of my-app: the call was canceled") {
						t.Errorf("error = %v", err)
					}
				},
				func() { wantSize(t, c.worker, 1) },
			)
			wantRequests(t, c.srv, 1)
		})
	})
	t.Run("of all", func(t *testing.T) {
		together(t, func(t *testing.T, c *pair) {
			for _, call := range []func(context.Context, *heroku.Platform) error{
				func(ctx context.Context, p *heroku.Platform) error { _, _, err := p.Size(ctx); return err },
				func(ctx context.Context, p *heroku.Platform) error { return p.Resize(ctx, 1) },
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				atOnce(func() { _ = call(ctx, c.web) }, func() { _ = call(ctx, c.worker) })
				if err := call(ctx, c.web); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a call after its end: %v", err)
				}
			}
			time.Sleep(time.Minute)
			if n := len(c.srv.Calls()); n != 0 {
				t.Errorf("%d requests reached Heroku after all had gone", n)
			}
		})
	})
}
