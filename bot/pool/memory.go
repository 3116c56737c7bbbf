package pool

import (
	"time"
)

// A memory is lost when the bot ends, so nothing in it may be needed: only how long things have been so, why they are
// done, and what is wanted.
type memory struct {
	known bool // there was a complete observation, or somebody asked for a number
	want  int
	began time.Time // when the servers were counted at the start
	// counted is until when the target goes by the servers found at the start; zero where somebody asked for a
	// number.
	counted time.Time
	sized   bool
	size    string
	tracks  map[string]*track // by the server's ID
	// orders were sent, and the list does not have them yet. They count as servers.
	orders []order
	// quiet is until when no order may be sent, as the outcome of one is unknown.
	quiet time.Time
	// fails is how many creations failed in a row. None is tried before retry.
	fails       int
	retry       time.Time
	why         string
	swap        swap
	absent      map[string]int    // by a member's name, passes in a row without its server
	resizing    map[string]string // by ID, what a resize in place or a switching on says while it is under way
	resized     []resized
	resizeRetry time.Time // no other resize before: each takes a server out
	resizeWhy   string
	events      []Event
}

type order struct {
	name string
	id   string // empty where the answer is not known
	size string
	at   time.Time
}

type swap struct {
	id  string
	why reason
}

type track struct {
	name       string
	firstSeen  time.Time // first of all
	active     time.Time // first seen running; zero before
	passes     int       // health checks passed in a row
	failsSince time.Time // since when it fails; zero while it does not
	problem    string
	// since when it fails the pool's own health check; zero while only the balancer finds fault with it
	sickSince   time.Time
	added       time.Time // when it was put behind the balancer, or first seen there
	served      bool      // it has been in rotation, so it is not half made
	drainsSince time.Time // since when it drains
	ending      bool      // the provider says that it is on its way out
	leavesFor   reason    // why it goes; empty while it stays
	leaveBegun  bool      // something was done to let it go
	last        string    // what failed with it last; empty since something worked
	refused     string    // what the balancer said when it did not take the server; "" since it did
	ended       time.Time // when the provider took the order to destroy it
	tried       verb      // what failed last
	tries       int       // things done with it that failed in a row
	retry       time.Time // before when nothing is tried again
}

type reason string

const (
	surplus   reason = "there are more than wanted"
	tooLate   reason = "it was not ready in time"
	unmade    reason = "the provider could not make it"
	failing   reason = "it fails its health check"
	shutOut   reason = "the balancer gives it no requests"
	outsized  reason = "it is of another size than wanted"
	duplicate reason = "another server has its name"
	drained   reason = "it was being drained already"
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
