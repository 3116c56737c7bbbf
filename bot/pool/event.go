package pool

import "time"

// An Event is what people may want to know of.
type Event struct {
	Time time.Time
	Kind EventKind
	// Server is the name of whom it is about, empty where that is the whole pool.
	Server string
	// About is what is blocked, for [Blocked] and [Cleared]; else empty.
	About Obstacle
	// Text is a sentence for people.
	Text string
}

// An EventKind is what became of a server, or of the pool.
type EventKind string

const (
	Created   EventKind = "created"   // a server was ordered
	Joined    EventKind = "joined"    // it serves
	Broken    EventKind = "failed"    // it could not be made, or fails, and is taken away
	Destroyed EventKind = "destroyed" // it is no more
	Blocked   EventKind = "blocked"   // the pool cannot do what it should
	Cleared   EventKind = "cleared"   // it can again
)

// An Obstacle is what keeps the pool from what it should do.
type Obstacle string

const (
	ObstacleRead   Obstacle = "read"   // the provider or the balancer cannot be read, so nothing is changed
	ObstacleCreate Obstacle = "create" // servers cannot be made; tried again later each time
	// ObstacleDestroy is a server that cannot be taken away, or does not end; tried again later each time.
	ObstacleDestroy Obstacle = "destroy"
	ObstacleCost    Obstacle = "cost"    // one more would cost more than is allowed
	ObstacleLeast   Obstacle = "minimum" // one less would be less than the minimum
	// ObstacleBalancer is a server that is well and gets no requests, as the balancer does not take it.
	ObstacleBalancer Obstacle = "balancer"
	ObstacleMass     Obstacle = "mass"        // most servers fail at once, so none is replaced
	ObstacleWindow   Obstacle = "maintenance" // a size change means downtime, and waits for the maintenance window
)
