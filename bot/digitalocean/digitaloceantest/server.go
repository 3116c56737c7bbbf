// Package digitaloceantest is a fake of DigitalOcean's API for tests: a server on loopback that holds droplets, their
// actions, images, tags and load balancers, counts its rate limit down, records its calls, and fails on request.
// DigitalOcean's own command line client works against it:
//
//	doctl --api-url $URL --access-token $TOKEN compute droplet list
//
// What it serves, below /v2: account, account/keys, regions, sizes, images, snapshots, droplets with their actions and
// snapshots, actions, tags, and load_balancers with their droplets. It makes no load balancers: a test adds them.
//
// What takes time at DigitalOcean is done by the next call here, unless [Server.Takes] says how long it takes. Time is
// time.Now's, so that in a bubble of testing/synctest it is virtual: there, [Server.Transport] makes calls without a
// network.
package digitaloceantest

import (
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// Token is the access token that a [Server] accepts unless its Token says otherwise.
const Token = "dop_v1_digitaloceantest0123456789abcdef"

const hourly = 5000

// A Server is a fake of the API. It may be used from several goroutines.
type Server struct {
	// URL is where the API is, as in http://127.0.0.1:40123. Don't change it.
	URL string
	// Token is the access token that is accepted. Change it before the first call only.
	Token string

	http    *httptest.Server
	closing chan struct{}
	faults  fault.Set
	close   sync.Once

	mu        sync.Mutex
	calls     []Call
	takes     map[string]time.Duration
	failing   map[string]int
	limit     int // of droplets
	remaining int
	refill    time.Time // zero for never
	lastID    int

	keys      map[int]string
	droplets  []*droplet
	actions   []*action
	images    []*Image
	balancers []*balancer
	tags      []string
}

// New starts a server with the regions fra1 and nyc3, some sizes, and the public image ubuntu-24-04-x64. It panics when
// it can't listen on loopback, as httptest does. Close it when done.
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

// Close ends all calls under way and the server. It may be called again.
func (s *Server) Close() {
	s.close.Do(func() {
		close(s.closing)
		s.http.Close()
	})
}

// Takes says how long something takes: an action by its type ("create", "destroy", "snapshot", "resize", "shutdown",
// "power_off", "power_on"), or "load_balancer", in which time a balancer refuses other changes, and comes round to its
// tag's droplets. What has begun already is not changed.
func (s *Server) Takes(what string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes[what] = d
}

// FailActions has the next n actions of a type end as errored, without an effect.
func (s *Server) FailActions(kind string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[kind] = n
}

// SetDropletLimit changes how many droplets the account may have. A new server has 25.
func (s *Server) SetDropletLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = n
}

// AddSSHKey adds a key that droplets can be made with.
func (s *Server) AddSSHKey(id int, fingerprint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = fingerprint
}

// SetRemaining changes the number of API calls left. At 0, calls are answered with 429; after refill, 5,000 are allowed
// again, and never where it is 0. A new server has 5,000.
func (s *Server) SetRemaining(n int, refill time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remaining, s.refill = n, time.Time{}
	if refill > 0 {
		s.refill = time.Now().Add(refill)
	}
}

// Calls gives the requests so far, those that failed too, in the order in which they came.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count tells how many calls of a method and a path there were.
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
