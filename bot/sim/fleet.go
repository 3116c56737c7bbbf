package sim

import (
	"errors"
	"fmt"
	"time"
)

// A Router chooses the dyno that a request goes to.
type Router int

const (
	// Random is what Heroku's router does.
	Random Router = iota
	// LeastConnections chooses the dyno with the fewest requests, among equals any.
	LeastConnections
	// TwoChoices draws two dynos and takes the one with fewer requests.
	TwoChoices
)

// A Fleet is the app and the platform it runs on. A Fleet without slots is DefaultFleet.
type Fleet struct {
	// Slots is how many requests a dyno works on at once; the others wait in one queue, first come, first served.
	Slots int
	// Service is how long an answer takes once it is worked on. Where there are Routes, it counts for nothing.
	Service Service
	Routes  []Route
	Router  Router
	// BootMin and BootMax are the least and the longest time until a new dyno serves, any between being as likely. It
	// is billed from the command.
	BootMin, BootMax time.Duration
	// NoRestarts leaves out the restart of each dyno 24 hours to 27 hours 36 minutes after it came up, through which it
	// serves nobody while it boots, and is billed.
	NoRestarts bool
	// Timeout is how long a request waits until the router gives it up, at most a minute. Nobody works on it then.
	Timeout time.Duration
	// Database is what all dynos share; one without slots is none.
	Database Database
	// Troubles slow the service down for a while.
	Troubles []Trouble
	// Slow dynos, the oldest ones, take SlowFactor times as long for everything. 0 = none.
	Slow       int
	SlowFactor float64
	// Heartbeat is what it takes to answer one.
	Heartbeat Heartbeat
	// Dynos is how many there are at the beginning, all up; 0 = as many as the first demand needs.
	Dynos int
	// Busy is the share of its slots that a dyno which is needed keeps busy, above 0 and below 1. It tells how many
	// dynos a demand needs, for the peak and for the oracle, and nothing else.
	Busy float64
}

// A Database works on a part of each request before the dyno does, which keeps its slot meanwhile. More dynos do not
// help it.
type Database struct {
	// Slots is how many requests it works on at once; the others wait in one queue.
	Slots   int
	Service Service
}

// A Trouble makes the database, or where there is none the dynos, take Factor times as long for what arrives from From
// to To.
type Trouble struct {
	From, To time.Duration
	Factor   float64
}

// A Heartbeat is a request of its own small service, through the same router and queues as all others. It does not ask
// the database.
type Heartbeat struct {
	Service Service
	// Network is the time on the way, there and back.
	Network time.Duration
	// Timeout is when the bot gives it up. It is never beyond 80 % of the interval.
	Timeout time.Duration
}

// DefaultFleet is a web app of 5 slots that takes 100 ms (coefficient of variation 1) for an answer, on Heroku.
//
// Sources: dynos restart once in 24 hours and up to 216 minutes
// (https://devcenter.heroku.com/articles/dynos#automatic-dyno-restarts); the router gives up after 30 s and chooses at
// random (https://devcenter.heroku.com/articles/http-routing). That a boot takes 20 to 60 s, and what a heartbeat
// takes, are assumptions.
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

// Capacity is how many requests per second keep one dyno as busy as Busy says.
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
	wrong(f.Slots < 1 || f.Slots > 10_000, "a dyno has %d slots; it must be from 1 to 10000", f.Slots)
	wrong(f.Router < Random || f.Router > TwoChoices, "the router is %d, which is none", f.Router)
	wrong(f.BootMin < 0 || f.BootMax < f.BootMin || f.BootMax > time.Hour,
		"a boot takes %v to %v; it must be from 0 to an hour, the least first", f.BootMin, f.BootMax)
	wrong(f.Timeout < time.Second || f.Timeout > time.Minute,
		"the router's timeout is %v; it must be from a second to a minute", f.Timeout)
	wrong(f.Slow < 0 || f.Slow > 0 && !(f.SlowFactor > 0 && f.SlowFactor <= 1000),
		"%d slow dynos take %g times as long; it must be 0 or more dynos, and more than 0 and at most 1000 times",
		f.Slow, f.SlowFactor)
	wrong(f.Heartbeat.Network < 0, "the heartbeat is %v on the way, and must not be less than 0", f.Heartbeat.Network)
	wrong(f.Heartbeat.Timeout <= 0, "the heartbeat's timeout is %v, and must be more than 0", f.Heartbeat.Timeout)
	wrong(f.Dynos < 0 || f.Dynos > maxDynos, "there are %d dynos at the beginning; it must be from 0 to %d", f.Dynos,
		maxDynos)
	wrong(!(f.Busy > 0 && f.Busy < 1), "dynos that are needed are busy to %g, which must be more than 0 and "+
		"less than 1", f.Busy)
	for _, t := range f.Troubles {
		wrong(t.To <= t.From || !(t.Factor > 0 && t.Factor <= 1000),
			"a trouble from %v to %v of factor %g must end after it begins, with a factor of more than 0 and "+
				"at most 1000", t.From, t.To, t.Factor)
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
			errs = append(errs, fmt.Errorf("a route has the weight %g, which must be more than 0", r.Weight))
		}
	}
	switch d := f.Database; {
	case d.Slots < 0:
		errs = append(errs, fmt.Errorf("the database has %d slots, and must not have less than 0", d.Slots))
	case d.Slots > 0:
		errs = append(errs, d.Service.check("the database"))
	}
	return errors.Join(errs...)
}

// trouble is the factor by which the service takes longer at a time.
func (f Fleet) trouble(at float64) float64 {
	factor := 1.0
	for _, t := range f.Troubles {
		if at >= t.From.Seconds() && at < t.To.Seconds() {
			factor *= t.Factor
		}
	}
	return factor
}
