package pool

import (
	"time"
)

// A memory is what a pool knows beyond what it sees. All of it is lost when the bot ends, so nothing in it may be
// needed: only how long things have been so, why they are done, and what is wanted.
type memory struct {
	// known says that what is wanted is known: there was a complete observation, or somebody asked for a number.
	known bool
	want  int
	// began is when the servers were counted at the start.
	began time.Time
	// counted is until when what is wanted goes by the servers that were found at the start; zero where somebody asked
	// for a number.
	counted time.Time
	sized   bool
	size    string
	tracks  map[string]*track // by the server's ID
	// orders were sent, and the list does not tell of them yet. They count as servers.
	orders []order
	// quiet is until when no order may be sent, as the outcome of one may be unknown.
	quiet time.Time
	// fails are the creations that failed in a row. None is tried before retry.
	fails int
	retry time.Time
	why   string
	// swap is the server that is being replaced by another, and why.
	swap swap
	// absent counts how many passes in a row a member looked as if it had no server, by its name.
	absent map[string]int
	// resizing is what a resize in place says, or a switching on, by the server's ID, while it is under way.
	resizing map[string]string
	resized  []resized
	// resizeRetry is before when no other is begun, as the last one failed, and each takes a server out.
	resizeRetry time.Time
	resizeWhy   string
	// events is what learning has found that people may want to know.
	events []Event
}

// An order is a server that was asked for.
type order struct {
	name string
	id   string // empty where the answer is not known
	size string
	at   time.Time
}

// A swap is the replacement of one server by another.
type swap struct {
	id  string
	why reason
}

// A track is what is remembered of one server.
type track struct {
	name        string
	firstSeen   time.Time // first of all
	active      time.Time // first seen running; zero before
	passes      int       // health checks passed in a row
	failsSince  time.Time // since when it fails; zero while it does not
	problem     string    // problem is wrong with it
	sickSince   time.Time // since when it fails the pool's own health check; zero while only the balancer finds fault with it
	added       time.Time // when it was put behind the balancer, or first seen there
	served      bool      // it has been in rotation, so it is not half made
	drainsSince time.Time // since when it drains
	ending      bool      // the provider says that it is on its way out
	leavesFor   reason    // why it goes; empty while it stays
	leaveBegun  bool      // something was done to let it go
	last        string    // what failed with it last; empty since something worked
	// refused is what the balancer said when it did not take the server; empty since it did.
	refused string
	ended   time.Time // when the provider took the order to destroy it
	tried   verb      // what failed last
	tries   int       // things done with it that failed in a row
	retry   time.Time // before when nothing is tried again
}

// A reason says why a server goes.
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
	// soonest and latest are for what is tried again with one server.
	soonest = 2 * time.Second
	latest  = time.Minute
)

// doubling is the wait after a number of failures in a row.
func doubling(first, last time.Duration, fails int) time.Duration {
	for range fails - 1 {
		if first *= 2; first >= last {
			return last
		}
	}
	return first
}

// creationFailed puts the next creation off.
func (m *memory) creationFailed(now time.Time, why string) {
	m.fails++
	m.retry, m.why = now.Add(doubling(firstRetry, lastRetry, m.fails)), why
}

// creationWorks forgets the failures.
func (m *memory) creationWorks() { m.fails, m.retry, m.why = 0, time.Time{}, "" }

// failed puts off what failed with a server.
func (t *track) failed(now time.Time, what verb) {
	t.tries++
	t.tried = what
	t.retry = now.Add(doubling(soonest, latest, t.tries))
}

// worked lets the next thing be done at once.
func (t *track) worked() { t.tried, t.tries, t.retry = "", 0, time.Time{} }
