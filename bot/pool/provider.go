package pool

import (
	"context"
	"errors"
	"time"
)

// A Provider creates and destroys servers. It knows those with the pool's tag, and touches no others.
//
// Every method has its own deadline, respects the provider's rate limits, returns when ctx ends, and is safe for
// concurrent use. Errors are written for people and hold no secrets.
type Provider interface {
	// List reads all servers of the pool in every state, including those being created or destroyed. Servers that are
	// gone for good are not listed.
	List(ctx context.Context) ([]Server, error)
	// Create orders a server that has the pool's tag from the start, and returns once the provider accepts the order.
	// If the pool already has a server of that name, Create returns it. After an [ErrRefused] no server exists; after
	// any other error one may exist, and List will show it. A provider never repeats an order on its own.
	Create(ctx context.Context, o Order) (Server, error)
	// Describe reads one server. The error is [ErrGone] if the server does not exist, and [ErrNotOurs] if it does not
	// have the pool's tag.
	Describe(ctx context.Context, id string) (Server, error)
	// Destroy ends a server for good. It reads the server's tag first, and returns [ErrNotOurs] if it is not the
	// pool's. Destroying a server that is gone or already ending is not an error.
	Destroy(ctx context.Context, id string) error
}

// Errors that a pool distinguishes. They are wrapped with the request and the provider's answer.
var (
	ErrGone    = errors.New("there is no such server")
	ErrNotOurs = errors.New("the server does not have the pool's tag")
	// ErrRefused is an order that was certainly not carried out, and would fail again if repeated: the provider's
	// server limit is reached, the image is gone, or the key lacks a permission.
	ErrRefused = errors.New("the provider refused")
)

// An Order is a request for one server.
type Order struct {
	// Name of the server, unique in the pool: the pool's name and a number, such as web-7.
	Name string
	// Size as the provider calls it; empty for the provider's default.
	Size string
}

// A Server is a server of the pool, as the provider reports it.
type Server struct {
	// ID is the provider's. It is never reused.
	ID   string
	Name string
	// Address for the balancer and the health check: an IP address or a host name, with a port if servers have
	// different ones. Empty until the server has one.
	Address string
	State   State
	Size    string
	// Price in dollars an hour; 0 if unknown.
	Price   float64
	Created time.Time
	// Note is the provider's own remark on the state, for people; often empty.
	Note string
}

// A State is the provider's view of a server. Whether the server gets requests is the balancer's.
type State string

const (
	Making State = "making" // ordered, not running yet
	Active State = "active" // running
	Off    State = "off"    // switched off, and usually still charged for
	Ending State = "ending" // being destroyed; must not be touched
	Failed State = "failed" // could not be created, and never will be
)

// Optional abilities of providers, found by type assertion.
type (
	// A Cataloger lists what servers can be made of.
	Cataloger interface {
		// Sizes lists the sizes available to the pool, cheapest first.
		Sizes(ctx context.Context) ([]Size, error)
		// Images lists the account's own images, such as snapshots, newest first.
		Images(ctx context.Context) ([]Image, error)
	}
	// A Snapshotter makes an image of a server. Snapshot reports progress and waits until the image is complete. The
	// server must not be touched meanwhile. If ctx ends first, the error says what continues at the provider.
	Snapshotter interface {
		Snapshot(ctx context.Context, id, name string, progress func(string)) (Image, error)
	}
	// A Resizer changes the size of a server in place: it switches the server off, changes its size, and switches it on
	// again. That takes minutes. Resize waits until the server is on, and continues an interrupted Resize of the same
	// server. An empty size only completes an interrupted Resize and switches the server on. If ctx ends first, the
	// error says in which state the server was left.
	Resizer interface {
		Resize(ctx context.Context, id, size string, progress func(string)) error
	}
)

// A Size is a kind of server that a provider offers.
type Size struct {
	Name   string
	CPUs   int
	Memory int // MB
	// Price in dollars an hour; 0 if unknown.
	Price float64
}

// An Image is a template for servers.
type Image struct {
	ID      string
	Name    string
	Created time.Time
	// Size in storage, in GB; 0 if unknown.
	Size float64
}
