package pool

import (
	"context"
	"errors"
	"time"
)

// A Provider makes and destroys servers. It knows those that bear the pool's tag, and touches no other.
//
// Its methods return when ctx ends at the latest, have deadlines of their own, honour what the provider says of its
// rate limits, and return errors that speak to people and hold no secret. They may be called from several goroutines.
type Provider interface {
	// List reads all servers of the pool afresh, in whatever state, those that are being made or ended among them.
	// Servers that are gone for good are not listed.
	List(ctx context.Context) ([]Server, error)
	// Create has a server made, with the pool's tag from its first moment on, and returns as soon as the provider has
	// taken the order. Where a server of that name is in the pool already, that one is returned and none is made. After
	// an error one may have been made or not, unless the error is [ErrRefused]: List tells. A provider never sends an
	// order a second time by itself.
	Create(ctx context.Context, o Order) (Server, error)
	// Describe reads one server afresh. The error is [ErrGone] where there is no such server, and [ErrNotOurs] where it
	// has not the pool's tag.
	Describe(ctx context.Context, id string) (Server, error)
	// Destroy ends a server for good. It reads the server's tag first: the error is [ErrNotOurs] where it is not the
	// pool's. A server that is gone, or being ended, is no error, so asking twice is harmless.
	Destroy(ctx context.Context, id string) error
}

// Errors that a pool tells apart. They are wrapped, with what was asked and what was answered.
var (
	ErrGone    = errors.New("there is no such server")
	ErrNotOurs = errors.New("the server has not the pool's tag")
	// ErrRefused is an order that was certainly not carried out, and would not be if it was sent again as it is: the
	// provider's limit of servers is reached, the image is gone, the key may not do that.
	ErrRefused = errors.New("the provider refuses")
)

// An Order is for one server.
type Order struct {
	// Name is the server's, unique in the pool: the pool's own and a number, such as web-7.
	Name string
	// Size is what the provider calls it; empty for the provider's default.
	Size string
}

// A Server is one of the pool's, as the provider tells.
type Server struct {
	// ID is the provider's, and never used again.
	ID   string
	Name string
	// Address is what the balancer and the health check reach it at: an IP address or a host name, with a port where
	// each server has one of its own. Empty until it has one.
	Address string
	State   State
	Size    string
	// Price is what it costs an hour, in dollars; 0 where nobody says.
	Price   float64
	Created time.Time
	// Note is what the provider says of the state in a few words, for people; mostly empty.
	Note string
}

// A State is a server's, as far as the provider knows: whether it serves is another question.
type State string

const (
	Making State = "making" // ordered, not running yet
	Active State = "active" // running
	Off    State = "off"    // switched off, and mostly still paid for
	Ending State = "ending" // on its way out; not to be touched any more
	Failed State = "failed" // could not be made, and never will
)

// What only some providers can do is an interface of its own, found by assertion.
type (
	// A Cataloguer knows what servers can be made of.
	Cataloguer interface {
		// Sizes are those that can be had where the pool is, the cheapest first.
		Sizes(ctx context.Context) ([]Size, error)
		// Images are the account's own: snapshots and the like, the newest first.
		Images(ctx context.Context) ([]Image, error)
	}
	// A Snapshotter makes an image of a server. It waits until that is done, and says how far it is. The server must
	// not be touched meanwhile. When ctx ends first, the error says what goes on without us.
	Snapshotter interface {
		Snapshot(ctx context.Context, id, name string, progress func(string)) (Image, error)
	}
	// A Resizer changes the size of a server in its place: it is switched off, made larger or smaller, and switched on
	// again, which takes minutes. Resize waits until it is on again, and goes on from wherever an earlier one of the
	// same server ended. An empty size is the one that it has when that has come to its end: then it is only switched
	// on. When ctx ends first, the error says in which state the server was left.
	Resizer interface {
		Resize(ctx context.Context, id, size string, progress func(string)) error
	}
)

// A Size is what a server can be.
type Size struct {
	Name   string
	CPUs   int
	Memory int // MB
	// Price is what it costs an hour, in dollars; 0 where nobody says.
	Price float64
}

// An Image is what a server can be made from.
type Image struct {
	ID      string
	Name    string
	Created time.Time
	// Size is what it takes in storage, in GB; 0 where nobody says.
	Size float64
}
