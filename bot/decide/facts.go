package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Facts are everything that a decision depends on apart from the State: clock, readings, schedule, people and platform
// at one tick.
type Facts struct {
	// Now is the start of the tick.
	Now time.Time
	// Readings are the tick's readings.
	Readings []probe.Reading
	// Offline: the bot has no connection. Then only Limits, Control and Price below are known.
	Offline bool
	// Limits are the limits in force at Now.
	Limits schedule.Limits
	// Control holds the pauses and the override.
	Control Control
	// Dynos is the number of dynos, less than 0 if it is unknown. Settled is false while an earlier change is in
	// progress.
	Dynos   int
	Settled bool
	// LeftAlone is the platform's reason to leave the app alone; "" without one.
	LeftAlone string
	// KnowsUp: the platform knows the number of dynos that run. Up is that number while new dynos boot; less than 0 if
	// it is unknown.
	KnowsUp bool
	Up      int
	// Size is the size of the dynos; nil if it is not needed or unchanged.
	Size *DynoSize
	// Price is the price of one dyno in dollars a month; 0 means the policy's.
	Price float64
	// Release is the app's newest release; nil if there is no release, or unless [Policy.AsksForRelease].
	Release *Release
}

// A DynoSize is the size of an app's dynos.
type DynoSize struct {
	// Name is the platform's name of the size; "" if it is unknown.
	Name string
	// Pending is the reason why not all dynos have the size yet; "" if all do.
	Pending string
}

// A Release is a version of an app that was released at At.
type Release struct {
	At   time.Time
	Done bool
	// Unknown: the platform could not say.
	Unknown bool
}
