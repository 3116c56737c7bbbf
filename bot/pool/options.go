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

// Options configure a pool. Provider, Name and Limits are required.
type Options struct {
	// Name of the pool: 1 to 40 letters, digits and dashes. Its servers are named after it, such as web-7.
	Name     string
	Provider Provider
	// Balancer may be nil. A server then serves as soon as it is healthy, and is destroyed without draining.
	Balancer Balancer
	// Health checks the app on a server. Nil means that a server is healthy as soon as it runs.
	Health Health
	// Limits are the minimum of serving servers and the maximum of existing ones. Draining and unfinished servers count
	// towards the maximum.
	Limits func(now time.Time) (least, most int)
	// Size of new servers; empty for the first of Sizes, or the provider's default.
	Size string
	// Sizes offered, with their prices; may be empty. With two or more, [Pool.SetDynoSize] chooses. After a start the
	// pool takes its size from the existing servers.
	Sizes []Size
	// Price of a server in dollars an hour, if neither the provider nor Sizes give one; 0 = unknown.
	Price float64
	// MaxDollarsPerHour limits the cost of all servers together; 0 = unlimited. With a limit, no server of unknown
	// price is created.
	MaxDollarsPerHour float64
	// OldestFirst removes the oldest surplus servers first; false removes the newest first.
	OldestFirst bool
	// Maintenance reports whether the maintenance window is open: servers may be switched off to be resized in place.
	// That happens only to servers that cannot be replaced. Nil means never.
	Maintenance func(now time.Time) bool

	// HealthyAfter is the number of health checks in a row that a new server must pass; 0 means 3.
	HealthyAfter int
	// Parallel is the maximum number of servers created at a time; 0 means 5.
	Parallel int
	Timing

	// Observe makes a dry run: nothing is changed, and the status says what would be done.
	Observe bool
	// Log receives one line for each action, with its reason. Nil disables it.
	Log *slog.Logger
	// Notify receives the pool's events one after the other. It must return at once, and may call [Pool.Status]. Nil
	// disables it.
	Notify func(Event)
}

// Timing holds the deadlines of each step and the intervals between passes.
type Timing struct {
	// ActiveWithin is the time for a new server to run; 0 means 5 min.
	ActiveWithin time.Duration
	// HealthyWithin is the time for a running server to pass its health check; 0 means 5 min.
	HealthyWithin time.Duration
	// JoinedWithin is the time for the balancer to send requests to an added server; 0 means 2 min.
	JoinedWithin time.Duration
	// DrainTimeout is the time for requests in flight to end before their server is removed; 0 means 60 s.
	DrainTimeout time.Duration
	// ReplaceAfter is the time that a server in rotation may fail before it is replaced; 0 means 5 min, negative means
	// never.
	ReplaceAfter time.Duration
	// Settle is the time for List to show a new order. No order is sent for this time after a start, or after an order
	// whose outcome is unknown. 0 means 10 s, negative means no wait.
	Settle time.Duration
	// Busy is the interval between passes while something is under way; 0 means 2 s. Rest is the interval otherwise; 0
	// means 15 s.
	Busy, Rest time.Duration
	// CallTimeout is the deadline of each call to the provider or the balancer; 0 means 30 s.
	CallTimeout time.Duration
}

var poolNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

func (o Options) withDefaults() (Options, error) {
	var wrong []error
	if !poolNames.MatchString(o.Name) {
		wrong = append(wrong, fmt.Errorf("invalid pool name %q: must be 1 to 40 letters, digits or dashes, such as web",
			o.Name))
	}
	if o.Provider == nil {
		wrong = append(wrong, errors.New("the pool has no provider"))
	}
	if o.Limits == nil {
		wrong = append(wrong, errors.New("the pool has no limits: set the minimum and maximum number of servers"))
	}
	if o.MaxDollarsPerHour < 0 || math.IsNaN(o.MaxDollarsPerHour) {
		wrong = append(wrong, fmt.Errorf("the cost limit is $%v an hour: must be 0 (unlimited) or more",
			o.MaxDollarsPerHour))
	}
	if o.Price < 0 || math.IsNaN(o.Price) {
		wrong = append(wrong, fmt.Errorf("the price of a server is $%v an hour: must be 0 (unknown) or more", o.Price))
	}
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
		what  string
	}{
		{&o.ActiveWithin, 5 * time.Minute, "to become active"},
		{&o.HealthyWithin, 5 * time.Minute, "to become healthy"},
		{&o.JoinedWithin, 2 * time.Minute, "to join the balancer"},
		{&o.DrainTimeout, time.Minute, "to drain"},
		{&o.Busy, 2 * time.Second, "between passes"},
		{&o.Rest, 15 * time.Second, "between idle passes"},
		{&o.CallTimeout, 30 * time.Second, "for a call"},
	} {
		if *d.of < 0 {
			wrong = append(wrong, fmt.Errorf("the time %s is %v: must be more than 0", d.what, *d.of))
		}
		*d.of = cmp.Or(*d.of, d.usual)
	}
	for _, n := range []struct {
		of    *int
		usual int
		what  string
	}{
		{&o.HealthyAfter, 3, "health checks to pass"},
		{&o.Parallel, 5, "servers created at the same time"},
	} {
		if *n.of < 0 {
			wrong = append(wrong, fmt.Errorf("the number of %s is %d: must be 1 or more", n.what, *n.of))
		}
		*n.of = cmp.Or(*n.of, n.usual)
	}
	if o.Size == "" && len(o.Sizes) > 0 {
		o.Size = o.Sizes[0].Name
	}
	if s, ok := FindSize(o.Sizes, o.Size); ok {
		o.Size = s.Name // in the provider's spelling
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
