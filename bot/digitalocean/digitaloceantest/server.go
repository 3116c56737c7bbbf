// Package digitaloceantest is a fake of DigitalOcean's API for tests: a server on loopback with droplets, their
// actions, images, tags and load balancers. It counts down the rate limit, records its calls, and fails on request.
// DigitalOcean's own command line client works with it:
//
//	doctl --api-url $URL --access-token $TOKEN compute droplet list
//
// Below /v2 it serves: account, account/keys, regions, sizes, images, snapshots, droplets with their actions and
// snapshots, actions, tags, and load_balancers with their droplets. It creates no load balancers: a test adds them.
//
// Operations that take time at DigitalOcean complete before the next call, unless [Server.Takes] sets their duration.
// Time is that of time.Now, and so virtual in a bubble of testing/synctest. There, [Server.Transport] makes calls
// without a network.
package digitaloceantest

import (
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// Token is the access token that a [Server] accepts by default.
const Token = "dop_v1_digitaloceantest0123456789abcdef"

const hourly = 5000

// A Server is a fake of the API. It is safe for concurrent use.
type Server struct {
	// URL of the API, such as http://127.0.0.1:40123. Do not change it.
	URL string
	// Token is the accepted access token. Change it only before the first call.
	Token string

	http    *httptest.Server
	closing chan struct{}
	faults  fault.Set
	close   sync.Once

	mu        sync.Mutex
	calls     []Call
	takes     map[string]time.Duration
	failing   map[string]int
	limit     int // maximum number of droplets
	remaining int
	refill    time.Time // zero means never
	lastID    int

	keys      map[int]string
	droplets  []*droplet
	actions   []*action
	images    []*Image
	balancers []*balancer
	tags      []string
}

// New starts a server with the regions fra1 and nyc3, some sizes, and the public image ubuntu-24-04-x64. It panics if
// it cannot listen on loopback, as httptest does. Close it when done.
func New() *Server {
	s := &Server{
		Token: Token, closing: make(chan struct{}), takes: map[string]time.Duration{}, failing: map[string]int{},
		limit: 25, remaining: hourly, lastID: 3_164_000, keys: map[int]string{},
	}
	s.images = []*Image{{
		ID: 112_929_454, Name: "24.04 (LTS) x64", Type: "base", Slug: "ubuntu-24-04-x64",
		Regions: regionSlugs(), MinDisk: 7,
		SizeGB: 0.62, Created: time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC),
	}}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// NewServer starts a server for a test, and closes it when the test ends.
func NewServer(t testing.TB) *Server {
	s := New()
	t.Cleanup(s.Close)
	return s
}

// Close ends all calls under way and the server. It may be called more than once.
func (s *Server) Close() {
	s.close.Do(func() {
		close(s.closing)
		s.http.Close()
	})
}

// Takes sets the duration of an operation: an action by its type ("create", "destroy", "snapshot", "resize",
// "shutdown", "power_off", "power_on"), or "load_balancer", the time in which a balancer refuses other changes and
// picks up its tag's droplets. Operations under way are not affected.
func (s *Server) Takes(what string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes[what] = d
}

// FailActions makes the next n actions of a type end as errored, without an effect.
func (s *Server) FailActions(kind string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[kind] = n
}

// SetDropletLimit sets the maximum number of droplets in the account. A new server has 25.
func (s *Server) SetDropletLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = n
}

// AddSSHKey adds a key for new droplets.
func (s *Server) AddSSHKey(id int, fingerprint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = fingerprint
}

// SetRemaining sets the number of API calls left. At 0, calls are answered with 429. After refill, 5,000 are allowed
// again; never if refill is 0. A new server has 5,000.
func (s *Server) SetRemaining(n int, refill time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remaining, s.refill = n, time.Time{}
	if refill > 0 {
		s.refill = time.Now().Add(refill)
	}
}

// Calls returns the requests so far, in order, including failed ones.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count returns the number of calls with a method and a path.
func (s *Server) Count(method, path string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Method == method && c.Path == path {
			n++
		}
	}
	return n
}

// The caller holds the lock.
func (s *Server) nextID() int {
	s.lastID += 7
	return s.lastID
}
