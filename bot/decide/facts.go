package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Facts are all that a decision is taken from beside what the policy remembers: what the clock, the probers, the
// schedule, people and the platform say at one tick.
type Facts struct {
	// Now is when the tick began.
	Now time.Time
	// Readings are this tick's.
	Readings []probe.Reading
	// Offline: the bot itself is cut off. Then nothing below is known, but for Limits, Control and Price.
	Offline bool
	// Limits are those that are in force now.
	Limits schedule.Limits
	// Control is what people have asked of the bot.
	Control Control
	// Dynos is the number of dynos, less than 0 where the platform did not tell it. Settled is false while an earlier
	// change of it is still under way.
	Dynos   int
	Settled bool
	// LeftAlone is why the platform says that the app is to be left alone, "" where it does not.
	LeftAlone string
	// KnowsUp: the platform knows how many dynos run, and Up is that number while dynos that were added are yet to
	// boot; less than 0 where it could not be read.
	KnowsUp bool
	Up      int
	// Size is the size of the dynos; nil where the policy does not need it, or it is what it was.
	Size *DynoSize
	// Price is what a dyno costs a month, in dollars; 0 is the policy's.
	Price float64
	// Release is the app's newest release; nil where the platform knows none, or the decision does not depend on it,
	// see [Policy.AsksForRelease].
	Release *Release
}

// A DynoSize is the size of an app's dynos.
type DynoSize struct {
	// Name is "" where it could not be read.
	Name string
	// Pending is why not all dynos are of that size yet, "" where they are.
	Pending string
}

// A Release is a version of an app that was put into operation at At.
type Release struct {
	At   time.Time
	Done bool
	// Unknown: the platform could not tell.
	Unknown bool
}
