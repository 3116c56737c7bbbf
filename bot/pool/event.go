package pool

import "time"

// An Event is a change in the pool that people may want to know about.
type Event struct {
	Time time.Time
	Kind EventKind
	// Server is the name of the server; empty for an event about the whole pool.
	Server string
	// About is the obstacle of a [Blocked] or [Cleared] event; otherwise empty.
	About Obstacle
	// Text is one sentence for people.
	Text string
}

// An EventKind is what happened to a server, or to the pool.
type EventKind string

const (
	Created   EventKind = "created"   // a server was ordered
	Joined    EventKind = "joined"    // a new server gets requests
	Broken    EventKind = "failed"    // a server could not be created, fails, or disappeared
	Destroyed EventKind = "destroyed" // the provider accepted the order to destroy a server
	Blocked   EventKind = "blocked"   // an obstacle appeared
	Cleared   EventKind = "cleared"   // an obstacle is gone
)

// An Obstacle is a reason why the pool cannot reach its desired state.
type Obstacle string

const (
	ObstacleRead   Obstacle = "read"   // the provider or the balancer cannot be read, so nothing is changed
	ObstacleCreate Obstacle = "create" // servers cannot be created; retried at growing intervals
	// ObstacleDestroy is a server that cannot be removed, or that still exists after Destroy; retried at growing
	// intervals.
	ObstacleDestroy Obstacle = "destroy"
	ObstacleCost    Obstacle = "cost"    // one more server would exceed the cost limit
	ObstacleLeast   Obstacle = "minimum" // one server fewer would be below the minimum
	// ObstacleBalancer is a healthy server that the balancer sends no requests.
	ObstacleBalancer Obstacle = "balancer"
	ObstacleMass     Obstacle = "mass"        // most servers fail at once, so none is replaced
	ObstacleWindow   Obstacle = "maintenance" // a size change needs downtime, and waits for the maintenance window
)
