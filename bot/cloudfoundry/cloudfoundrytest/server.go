// Package cloudfoundrytest is a fake of Cloud Foundry for tests: a server on loopback that is the Cloud Controller's
// API version 3, the UAA that issues tokens, and Log Cache. It keeps orgs, spaces with quotas, apps, processes,
// deployments, routes and metrics, lets tokens expire, records its calls, and fails on request.
//
// Its tests read its answers with the official Go clients of the API and of Log Cache, and with the cf CLI if that is
// installed. It serves what is needed to look at an app and to scale, stop, start and restart it: GET / and /v3,
// /oauth/token, and under /v3 organizations, organization_quotas, spaces, space_quotas, apps with their processes,
// packages and droplets, processes with stats and the action scale, deployments, routes and domains; and /api/v1/info
// and /api/v1/read of Log Cache. A change takes effect at once, except for the start of instances, which
// [Server.HoldStarts] leaves to the test.
package cloudfoundrytest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// What a new [Server] accepts.
const (
	Username     = "bot@example.com"
	Password     = "cf-test-password-0123456789"
	ClientID     = "autoscaler"
	ClientSecret = "cf-test-secret-0123456789"
	// Org and Space are the names of the default org and space of apps.
	Org   = "acme"
	Space = "production"
)

// A Server is a fake of Cloud Foundry. It is safe for concurrent use.
type Server struct {
	// URL is the URL of everything, as in http://127.0.0.1:40123. Do not change it.
	URL string

	http    *httptest.Server
	closing chan struct{}
	faults  fault.Set
	close   sync.Once

	mu        sync.Mutex
	uaa       uaa
	spaces    []*space
	orgQuota  Quota
	apps      []*app
	metrics   map[string][]Envelope
	calls     []Call
	birth     string // the state in which an instance begins
	remaining int    // calls left, -1 for no limit
	serial    int    // of GUIDs
}

// A Call is a request that the server received.
type Call struct {
	// as in POST and /v3/processes/GUID/actions/scale
	Method, Path, Query string
	Header              http.Header
	Body                string
}

// New starts a server with the org [Org] and the space [Space]. It panics if it cannot listen on loopback, as httptest
// does. Close it when done.
func New() *Server {
	s := &Server{closing: make(chan struct{}), metrics: map[string][]Envelope{}, birth: running, remaining: -1}
	s.uaa = uaa{life: 10 * time.Minute, access: map[string]time.Time{}, refresh: map[string]bool{RefreshToken: true}}
	s.spaces = []*space{{name: Space, guid: s.guid()}}
	s.http = httptest.NewServer(s.handler())
	s.URL = s.http.URL
	return s
}

// NewServer starts a server for a test, and closes it when the test ends.
func NewServer(t testing.TB) *Server {
	s := New()
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

// Calls returns all requests so far, including failed ones, in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// SetRemaining limits the number of API calls left. At 0, calls are answered with 429; it is never refilled. A new
// server has no limit.
func (s *Server) SetRemaining(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remaining = n
}

// The caller must hold the lock, unless nobody else has the server.
func (s *Server) guid() string {
	s.serial++
	return fmt.Sprintf("%08x-cafe-4abc-8def-0123456789ab", s.serial)
}

type space struct {
	name, guid string
	quota      *Quota
}

// A Quota is the quota of a space or the org; 0 means no limit.
type Quota struct {
	Name string
	// MemoryMB and Instances limit all started apps together.
	MemoryMB, Instances int
	InstanceMemoryMB    int
}

// AddSpace adds a space to the org.
func (s *Server) AddSpace(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spaces = append(s.spaces, &space{name: name, guid: s.guid()})
}

// SpaceGUID returns a space's GUID. It panics if the space does not exist.
func (s *Server) SpaceGUID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.space(name).guid
}

// SetSpaceQuota sets a space's quota. It panics if the space does not exist.
func (s *Server) SetSpaceQuota(name string, q Quota) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.space(name).quota = &q
}

// SetOrgQuota sets the org's quota. A new server's org has a quota without limits.
func (s *Server) SetOrgQuota(q Quota) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orgQuota = q
}

// The caller must hold the lock.
func (s *Server) space(name string) *space {
	for _, sp := range s.spaces {
		if sp.name == name {
			return sp
		}
	}
	panic(fmt.Sprintf("cloudfoundrytest: no space %q", name))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
