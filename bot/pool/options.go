package pool

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"time"
)

// Options say what a pool is made of and how careful it is. Provider, Name and Limits are needed.
type Options struct {
	// Name is the pool's: its servers are called by it and a number, such as web-7. Letters, digits and dashes, 1 to
	// 40.
	Name     string
	Provider Provider
	// Balancer may be nil: then a server serves as soon as it is healthy, and is destroyed without being drained.
	Balancer Balancer
	// Health tells whether the app on a server answers. Nil means that a server is healthy as soon as it runs.
	Health Health
	// Limits are how many servers may serve at the least, and exist at the most, draining and half-made ones among
	// them.
	Limits func(now time.Time) (least, most int)
	// Size is that of new servers, whatever size others have; empty for the first of Sizes, or else for the provider's
	// default.
	Size string
	// Sizes are those that can be had, with their prices; may be empty. Where there are several, [Pool.SetDynoSize]
	// chooses between them, and after a start the servers that are there tell what was chosen.
	Sizes []Size
	// Price is what a server costs an hour, in dollars, where neither the provider nor Sizes say; 0 = unknown.
	Price float64
	// MaxDollarsPerHour is what all servers together may cost; 0 = no matter. A server whose price nobody knows is not
	// made then.
	MaxDollarsPerHour float64
	// OldestFirst lets the oldest servers go first when there are too many; false means the newest.
	OldestFirst bool
	// Maintenance tells whether a server may be switched off to be resized in its place, which is done only where it
	// cannot be replaced by another. Nil means never.
	Maintenance func(now time.Time) bool

	// HealthyAfter is how many health checks in a row must pass; 0 means 3.
	HealthyAfter int
	// Parallel is how many servers are made at the same time; 0 means 5.
	Parallel int
	Timing

	// Observe changes nothing at all: the status tells what would be done.
	Observe bool
	// Log receives one line for each thing done, with its reason. Nil means silence.
	Log *slog.Logger
	// Notify receives what people may want to know, one thing after the other. It must return at once, and may ask for
	// the pool's status. Nil means nobody.
	Notify func(Event)
}

// Timing is how long each step may take, and how often the pool is looked after.
type Timing struct {
	// ActiveWithin is how long a server may take until it runs; 0 means 5 min.
	ActiveWithin time.Duration
	// HealthyWithin is how long one that runs may take until its health check passes; 0 means 5 min.
	HealthyWithin time.Duration
	// JoinedWithin is how long the balancer may take until it sends requests to it; 0 means 2 min.
	JoinedWithin time.Duration
	// DrainTimeout is how long requests under way may take before their server is taken out; 0 means 60 s.
	DrainTimeout time.Duration
	// ReplaceAfter is how long a server in rotation may fail until it is replaced; 0 means 5 min, less means never.
	ReplaceAfter time.Duration
	// Settle is how long the provider may take until List tells of an order: no new one is sent for so long after an
	// order whose outcome is unknown, and after a start. 0 means 10 s, less means not at all.
	Settle time.Duration
	// Busy is the time between two passes while something is under way, 0 means 2 s; Rest when nothing is, 0 means 15
	// s.
	Busy, Rest time.Duration
	// CallTimeout is for each call of the provider and the balancer; 0 means 30 s.
	CallTimeout time.Duration
}

var poolNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

func (o Options) withDefaults() (Options, error) {
	var wrong []error
	if !poolNames.MatchString(o.Name) {
		wrong = append(wrong, fmt.Errorf("the name of the pool is %q: want 1 to 40 letters, digits or dashes, "+
			"such as web", o.Name))
	}
	if o.Provider == nil {
		wrong = append(wrong, errors.New("the pool has no provider of servers"))
	}
	if o.Limits == nil {
		wrong = append(wrong, errors.New("the pool has no limits: how many servers it may have at the least and "+
			"at the most"))
	}
	if o.MaxDollarsPerHour < 0 || math.IsNaN(o.MaxDollarsPerHour) {
		wrong = append(wrong, fmt.Errorf("the pool may cost $%v an hour: want 0 for no matter, or more",
			o.MaxDollarsPerHour))
	}
	if o.Price < 0 || math.IsNaN(o.Price) {
		wrong = append(wrong, fmt.Errorf("a server costs $%v an hour: want 0 for unknown, or more", o.Price))
	}
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
		what  string
	}{
		{&o.ActiveWithin, 5 * time.Minute, "to be active"},
		{&o.HealthyWithin, 5 * time.Minute, "to be healthy"},
		{&o.JoinedWithin, 2 * time.Minute, "to join the balancer"},
		{&o.DrainTimeout, time.Minute, "to drain"},
		{&o.Busy, 2 * time.Second, "between two passes"},
		{&o.Rest, 15 * time.Second, "between two passes at rest"},
		{&o.CallTimeout, 30 * time.Second, "for a call"},
	} {
		if *d.of < 0 {
			wrong = append(wrong, fmt.Errorf("the time %s is %v: want more than 0", d.what, *d.of))
		}
		*d.of = cmp.Or(*d.of, d.usual)
	}
	for _, n := range []struct {
		of    *int
		usual int
		what  string
	}{
		{&o.HealthyAfter, 3, "health checks that must pass"},
		{&o.Parallel, 5, "servers made at the same time"},
	} {
		if *n.of < 0 {
			wrong = append(wrong, fmt.Errorf("the number of %s is %d: want 1 or more", n.what, *n.of))
		}
		*n.of = cmp.Or(*n.of, n.usual)
	}
	if o.Size == "" && len(o.Sizes) > 0 {
		o.Size = o.Sizes[0].Name
	}
	if s, ok := FindSize(o.Sizes, o.Size); ok {
		o.Size = s.Name // in the provider's own upper and lower case
	}
	o.ReplaceAfter = max(0, cmp.Or(o.ReplaceAfter, 5*time.Minute))
	o.Settle = max(0, cmp.Or(o.Settle, 10*time.Second))
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Notify == nil {
		o.Notify = func(Event) {}
	}
	return o, errors.Join(wrong...)
}

func (o *Options) oldestHalfMade() time.Duration {
	return o.ActiveWithin + o.HealthyWithin + o.JoinedWithin
}

func (o *Options) limits(now time.Time) (least, most int) {
	least, most = o.Limits(now)
	most = max(0, most)
	return min(max(0, least), most), most
}
