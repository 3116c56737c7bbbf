package pool

import "context"

// A Balancer sends requests to the servers it was given. It may have other members too. The pool never touches those.
//
// Every method is idempotent, has its own deadline, returns when ctx ends, and is safe for concurrent use. Errors are
// written for people and hold no secrets.
type Balancer interface {
	// Members reads the current members, the pool's and others.
	Members(ctx context.Context) ([]Member, error)
	// Add puts a server behind the balancer, or puts a draining one back into rotation. Requests arrive when Add
	// returns, or once the balancer's own health check passes.
	Add(ctx context.Context, s Server) error
	// Drain stops new requests to a member. Requests in flight continue.
	Drain(ctx context.Context, m Member) error
	// Remove takes a member out, along with any requests it still has. Removing an absent member is not an error.
	Remove(ctx context.Context, m Member) error
}

// A Member is a backend of a balancer. Balancers identify members by the provider's ID or by name. A member is a pool
// server if its ID is the server's, or if it has no ID and the server's name.
type Member struct {
	ID      string
	Name    string
	Address string
	State   MemberState
	// Requests counts the requests in flight, or the connections if the balancer knows only those; -1 if it knows
	// neither.
	Requests int
	// Partly means that several balancers act as one and disagree about this member: one does not have it, or does not
	// drain it yet. State is then the worst that any of them reports. Repeating the Add, Drain or Remove fixes it.
	Partly bool
	// Note is the balancer's own remark on the state, for people; often empty.
	Note string
}

// A MemberState is a member's place in the rotation.
type MemberState string

const (
	Joining  MemberState = "joining"  // the balancer's own health check has not passed yet
	Serving  MemberState = "serving"  // gets requests
	Down     MemberState = "down"     // its health check fails, so it gets no requests
	Draining MemberState = "draining" // gets no new requests
	Drained  MemberState = "drained"  // gets no new requests, and none are left
)
