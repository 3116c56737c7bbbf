package pool

import (
	"time"
)

// A memory is lost when the bot ends, so the pool must work without it. It holds durations, reasons and the desired
// number.
type memory struct {
	known bool // a complete observation was made, or somebody asked for a number
	want  int
	began time.Time // when the servers were counted at the start
	// Until then the target follows the servers found at the start; zero once somebody asked for a number.
	counted time.Time
	sized   bool
	size    string
	tracks  map[string]*track // by server ID
	// Orders sent but not listed yet. They count as servers.
	orders []order
	// No order is sent before this time, because the outcome of one is unknown.
	quiet time.Time
	// Creations that failed in a row. No other is tried before retry.
	fails       int
	retry       time.Time
	why         string
	swap        swap
	absent      map[string]int    // by member name: passes in a row without its server
	resizing    map[string]string // by server ID: progress of a resize in place or of switching on
	resized     []resized
	resizeRetry time.Time // no resize before this time: each takes a server out
	resizeWhy   string
	events      []Event
}

type order struct {
	name string
	id   string // empty if the answer is unknown
	size string
	at   time.Time
}

type swap struct {
	id  string
	why reason
}

type track struct {
	name       string
	firstSeen  time.Time // first seen
	active     time.Time // first seen running; zero before
	passes     int       // health checks passed in a row
	failsSince time.Time // first failure; zero while healthy
	problem    string
	// First failure of the pool's own health check; zero while only the balancer reports a failure.
	sickSince   time.Time
	added       time.Time // when it joined the balancer, or was first seen there
	served      bool      // was in rotation, so it is finished
	drainsSince time.Time // start of draining
	ending      bool      // the provider reports it as ending
	leavesFor   reason    // why it leaves; empty while it stays
	leaveBegun  bool      // a step of leaving was taken
	last        string    // last failure; empty after a success
	refused     string    // why the balancer refused it; empty after a success
	ended       time.Time // when the provider accepted the order to destroy it
	tried       verb      // what failed last
	tries       int       // failures in a row
	retry       time.Time // no attempt before this time
}

type reason string

const (
	surplus   reason = "there are more servers than desired"
	tooLate   reason = "it was not ready in time"
	unmade    reason = "the provider could not create it"
	failing   reason = "it fails its health check"
	shutOut   reason = "the balancer sends it no requests"
	outsized  reason = "it does not have the pool's size"
	duplicate reason = "another server has the same name"
	drained   reason = "it was already draining"
)

const (
	firstRetry = 30 * time.Second
	lastRetry  = 15 * time.Minute
	soonest    = 2 * time.Second
	latest     = time.Minute
)

func doubling(first, last time.Duration, fails int) time.Duration {
	for range fails - 1 {
		if first *= 2; first >= last {
			return last
		}
	}
	return first
}

func (m *memory) creationFailed(now time.Time, why string) {
	m.fails++
	m.retry, m.why = now.Add(doubling(firstRetry, lastRetry, m.fails)), why
}

func (m *memory) creationWorks() { m.fails, m.retry, m.why = 0, time.Time{}, "" }

func (t *track) failed(now time.Time, what verb) {
	t.tries++
	t.tried = what
	t.retry = now.Add(doubling(soonest, latest, t.tries))
}

func (t *track) worked() { t.tried, t.tries, t.retry = "", 0, time.Time{} }
