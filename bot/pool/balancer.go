package pool

import "context"

// A Balancer sends requests to the servers that it was given. It knows members that are not the pool's as well, and is
// never told to touch them.
//
// Its methods return when ctx ends at the latest, have deadlines of their own, and return errors that speak to people
// and hold no secret. Each is harmless when asked twice. They may be called from several goroutines.
type Balancer interface {
	// Members reads afresh who is behind it.
	Members(ctx context.Context) ([]Member, error)
	// Add puts a server behind it, or has one that drains take requests again. It gets requests when this returns, or
	// as soon as the balancer's own health check lets it.
	Add(ctx context.Context, s Server) error
	// Drain ends new requests to a member; those under way go on.
	Drain(ctx context.Context, m Member) error
	// Remove takes a member out for good, with whatever requests it still has. One that is not there is no error.
	Remove(ctx context.Context, m Member) error
}

// A Member is who gets requests of a balancer. Balancers know their members by the provider's ID, or by a name that
// they were given: a member is a server of the pool where its ID is the server's, or it has no ID, and its name is the
// server's.
type Member struct {
	ID      string
	Name    string
	Address string
	State   MemberState
	// Requests are those under way, or where the balancer only knows that, its connections; -1 where it does not know.
	Requests int
	// Partly says that what stands for one balancer is several, and they do not agree on the member: one has not got
	// it, or has not been told to drain it. State is then the worse of what they say. Asking again, to add, drain or
	// remove it, mends that.
	Partly bool
	// Note is what the balancer says of the state in a few words, for people; mostly empty.
	Note string
}

// A MemberState says whether a member gets requests.
type MemberState string

const (
	Joining  MemberState = "joining"  // the balancer's own health check has not passed yet
	Serving  MemberState = "serving"  // gets requests
	Down     MemberState = "down"     // its health check fails, so it gets none
	Draining MemberState = "draining" // gets no new requests
	Drained  MemberState = "drained"  // gets none and has none
)
