// Package herokutest is a fake of the Heroku Platform API for tests: a server on loopback that keeps apps and their
// formations, counts down its rate limit, records its calls, and fails on request.
//
// Every answer and every request body is checked against Heroku's published JSON schema, in its strict form: all
// properties, and no others. The real Heroku CLI works with it:
//
//	HEROKU_HOST=$URL HEROKU_API_KEY=$KEY HEROKU_PARTICLEBOARD_URL=$URL heroku ps:scale web=2 --app my-app
//
// It serves GET /account, /account/rate-limits, /apps, /apps/A, /apps/A/formation, /apps/A/formation/T, /apps/A/dynos
// and /apps/A/releases; PATCH of /apps/A (for the maintenance mode), /apps/A/formation and /apps/A/formation/T; and
// restarts and stops of dynos below /apps/A/dynos and /apps/A/formations. Lists of add-ons and collaborators are empty.
// A change takes effect at once, except for the boot of dynos, which [Server.HoldBoots] leaves to the test. Of the
// metrics API it serves /apps/ID/formation/web/monitors, Heroku's own [Autoscaling].
package herokutest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// Key is the API key that a [Server] accepts unless its Key is changed.
const Key = "herokutest-key-0123456789abcdef"

const hourly = 4500

// A Server is a fake of the Platform API. It is safe for concurrent use. Its methods panic if the app, process type or
// dyno does not exist.
type Server struct {
	// URL is the API's URL, as in http://127.0.0.1:40123. Do not change it.
	URL string
	// Key is the accepted API key. Change it only before the first call.
	Key string

	http    *httptest.Server
	schemas *schemas
	closing chan struct{}
	faults  fault.Set
	close   sync.Once

	mu         sync.Mutex
	account    Account
	apps       []*app
	calls      []Call
	birth      string // the state in which a dyno begins
	remaining  int
	requests   int
	violations []string
	complain   func(violation string) // called with each violation, unless nil
}

// An Account is the key's account.
type Account struct {
	// Email is the account's e-mail address; "" means owner@example.com.
	Email string
	// Suspended and Delinquent say that Heroku suspended the account, and that its payments are overdue. They show only
	// in GET /account. Use [Server.Fail] for the answers of other calls.
	Suspended, Delinquent bool
}

// A Call is a request that the server received.
type Call struct {
	// as in PATCH and /apps/my-app/formation/web
	Method, Path string
	Header       http.Header
	Body         string
	Time         time.Time
}

// New starts a server. It panics if it cannot listen on loopback, as httptest does. Close it when done.
func New() *Server {
	s := &Server{Key: Key, schemas: loadSchemas(), closing: make(chan struct{}), remaining: hourly, birth: up}
	s.SetAccount(Account{})
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// NewServer starts a server for a test, which fails if an answer or a request breaks Heroku's schema. The server closes
// when the test ends.
func NewServer(t testing.TB) *Server {
	s := New()
	s.complain = func(v string) { t.Errorf("herokutest: %s", v) }
	t.Cleanup(s.Close)
	return s
}

// Close ends the calls in progress and the server. It may be called again.
func (s *Server) Close() {
	s.close.Do(func() {
		close(s.closing)
		s.http.Close()
	})
}

// SetAccount changes the key's account.
func (s *Server) SetAccount(a Account) {
	a.Email = cmp.Or(a.Email, "owner@example.com")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = a
}

// AddApp adds an app. It panics if the name exists.
func (s *Server) AddApp(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app(a.Name) != nil {
		panic(fmt.Sprintf("herokutest: there is an app %q already", a.Name))
	}
	s.apps = append(s.apps, newApp(a))
}

// Quantity returns the number of dynos of a process type.
func (s *Server) Quantity(app, processType string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process(app, processType).Quantity
}

// SetQuantity changes the number of dynos of a process type, as somebody else would, whatever the dyno size allows.
func (s *Server) SetQuantity(app, processType string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process(app, processType).set(n, s.birth)
}

// Size returns the dyno size of a process type.
func (s *Server) Size(app, processType string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process(app, processType).Size
}

// SetSize changes the dyno size of a process type, as somebody else would, whatever the other sizes are, and restarts
// its dynos.
func (s *Server) SetSize(app, processType, size string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(app, processType)
	p.Size = size
	p.restart(s.birth)
}

// SetMaintenance switches an app's maintenance mode on or off, as somebody else would.
func (s *Server) SetMaintenance(app string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustApp(app).Maintenance = on
}

// SetRemaining sets the number of API calls left. At 0, calls are answered with 429; it is never refilled. A new server
// has 4,500.
func (s *Server) SetRemaining(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remaining = n
}

// Calls returns all requests so far, including failed ones, in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Violations returns the violations of Heroku's schema so far, one sentence each.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// The caller must hold the lock.
func (s *Server) violated(format string, args ...any) {
	v := fmt.Sprintf(format, args...)
	s.violations = append(s.violations, v)
	if s.complain != nil {
		s.complain(v)
	}
}

// It panics if the app does not exist. The caller must hold the lock.
func (s *Server) mustApp(name string) *app {
	a := s.app(name)
	if a == nil {
		panic(fmt.Sprintf("herokutest: no app %q", name))
	}
	return a
}

// The caller must hold the lock, as for process.
func (s *Server) app(name string) *app {
	for _, a := range s.apps {
		if a.Name == name || a.id() == name {
			return a
		}
	}
	return nil
}

func (s *Server) process(app, processType string) *process {
	p := s.mustApp(app).process(processType)
	if p == nil {
		panic(fmt.Sprintf("herokutest: no process type %q in app %q", processType, app))
	}
	return p
}
