package sim

import (
	"errors"
	"fmt"
	"time"
)

// A Router chooses the dyno for a request.
type Router int

const (
	// Random is the choice of Heroku's router.
	Random Router = iota
	// LeastConnections chooses the dyno with the fewest requests; of equal ones, any.
	LeastConnections
	// TwoChoices draws two dynos and takes the one with fewer requests.
	TwoChoices
)

// A Fleet is the app and the platform it runs on. A Fleet without slots is DefaultFleet.
type Fleet struct {
	// Slots is the number of requests that a dyno works on at once. The others wait in one queue, first come, first
	// served.
	Slots int
	// Service is the time to work on an answer. It is ignored if there are Routes.
	Service Service
	Routes  []Route
	Router  Router
	// BootMin and BootMax are the shortest and the longest time until a new dyno serves, drawn uniformly. It is billed
	// from the command.
	BootMin, BootMax time.Duration
	// NoRestarts turns off daily restarts. Otherwise each dyno restarts 24 hours to 27 hours 36 minutes after it came
	// up. It serves no request while it boots, and is billed.
	NoRestarts bool
	// Timeout is the wait after which the router gives a request up, at most a minute. No dyno works on it then.
	Timeout time.Duration
	// Database is shared by all dynos. Without slots there is no database.
	Database Database
	// Troubles slow the service down for a while.
	Troubles []Trouble
	// The oldest Slow dynos take SlowFactor times as long for everything.
	Slow       int
	SlowFactor float64
	// Heartbeat is the request that the bot sends.
	Heartbeat Heartbeat
	// Dynos is the number at the start, all up; 0 is what the first demand needs.
	Dynos int
	// Busy is the busy share of a needed dyno's slots, above 0 and below 1. It determines only how many dynos a demand
	// needs, for the peak and for the oracle.
	Busy float64
}

// A Database works on a part of each request before the dyno does. The request keeps its slot of the dyno meanwhile.
// More dynos do not make it faster.
type Database struct {
	// Slots is the number of requests it works on at once. The others wait in one queue.
	Slots   int
	Service Service
}

// A Trouble makes the database, or the dynos if there is no database, take Factor times as long for requests that
// arrive between From and To.
type Trouble struct {
	From, To time.Duration
	Factor   float64
}

// A Heartbeat is a request of its own small service, through the same router and queues as all others. It does not use
// the database.
type Heartbeat struct {
	Service Service
	// Network is the round-trip time.
	Network time.Duration
	// Timeout is the time after which the bot gives up. It is at most 80 % of the interval.
	Timeout time.Duration
}

// DefaultFleet is a web app of 5 slots on Heroku that takes 100 ms (coefficient of variation 1) for an answer.
//
// Sources: dynos restart once in 24 hours and up to 216 minutes
// (https://devcenter.heroku.com/articles/dynos#automatic-dyno-restarts); the router gives up after 30 s and chooses at
// random (https://devcenter.heroku.com/articles/http-routing). The boot time of 20 to 60 s and the heartbeat's times
// are assumptions.
func DefaultFleet() Fleet {
	return Fleet{
		Slots: 5, Service: Service{Mean: 100 * time.Millisecond, CV: 1},
		BootMin: 20 * time.Second, BootMax: 60 * time.Second, Timeout: 30 * time.Second, Busy: 0.9,
		Heartbeat: Heartbeat{
			Service: Service{Mean: 40 * time.Millisecond, CV: 0.5}, Network: 30 * time.Millisecond,
			Timeout: 10 * time.Second,
		},
	}
}

// Capacity is the requests per second that keep one dyno as busy as Busy says.
func (f Fleet) Capacity() float64 {
	m := newMixture(f.Service, f.Routes)
	mean := m.mean()
	if f.Database.Slots > 0 {
		mean += f.Database.Service.Mean.Seconds()
	}
	return f.Busy * float64(f.Slots) / mean
}

func (f Fleet) check() error {
	errs := []error{f.checkServices(), f.Heartbeat.Service.check("the heartbeat")}
	wrong := func(is bool, format string, values ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, values...))
		}
	}
	wrong(f.Slots < 1 || f.Slots > 10_000, "a dyno has %d slots: must be 1–10000", f.Slots)
	wrong(f.Router < Random || f.Router > TwoChoices, "invalid router %d", f.Router)
	wrong(f.BootMin < 0 || f.BootMax < f.BootMin || f.BootMax > time.Hour,
		"a boot takes %v to %v: must be from 0 to an hour, the shorter first", f.BootMin, f.BootMax)
	wrong(f.Timeout < time.Second || f.Timeout > time.Minute,
		"the router's timeout is %v: must be from a second to a minute", f.Timeout)
	wrong(f.Slow < 0 || f.Slow > 0 && !(f.SlowFactor > 0 && f.SlowFactor <= 1000),
		"%d slow dynos take %g times as long: must be 0 or more dynos, and more than 0 and at most 1000 times",
		f.Slow, f.SlowFactor)
	wrong(f.Heartbeat.Network < 0, "the heartbeat's network time is %v: must not be negative", f.Heartbeat.Network)
	wrong(f.Heartbeat.Timeout <= 0, "the heartbeat's timeout is %v: must be more than 0", f.Heartbeat.Timeout)
	wrong(f.Dynos < 0 || f.Dynos > maxDynos, "there are %d dynos at the start: must be 0–%d", f.Dynos,
		maxDynos)
	wrong(!(f.Busy > 0 && f.Busy < 1), "the busy share is %g: must be more than 0 and less than 1", f.Busy)
	for _, t := range f.Troubles {
		wrong(t.To <= t.From || !(t.Factor > 0 && t.Factor <= 1000),
			"a trouble from %v to %v by a factor of %g: must end after it begins, by a factor of more than 0 "+
				"and at most 1000", t.From, t.To, t.Factor)
	}
	return errors.Join(errs...)
}

func (f Fleet) checkServices() error {
	var errs []error
	if len(f.Routes) == 0 {
		errs = append(errs, f.Service.check("an answer"))
	}
	for _, r := range f.Routes {
		errs = append(errs, r.Service.check("an answer of a route"))
		if !(r.Weight > 0 && r.Weight <= 1e9) {
			errs = append(errs, fmt.Errorf("a route has the weight %g: must be more than 0", r.Weight))
		}
	}
	switch d := f.Database; {
	case d.Slots < 0:
		errs = append(errs, fmt.Errorf("the database has %d slots: must not be negative", d.Slots))
	case d.Slots > 0:
		errs = append(errs, d.Service.check("the database"))
	}
	return errors.Join(errs...)
}

// The factor by which service takes longer at a time.
func (f Fleet) trouble(at float64) float64 {
	factor := 1.0
	for _, t := range f.Troubles {
		if at >= t.From.Seconds() && at < t.To.Seconds() {
			factor *= t.Factor
		}
	}
	return factor
}
