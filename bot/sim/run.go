package sim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Options say what is simulated. Demand is needed; the rest may be zero.
type Options struct {
	Demand Demand
	// Peak scales the demand so that its largest mean over [PeakWindow] needs so many dynos; 0 leaves it as it is.
	Peak float64
	// Fleet is the app and its platform; one without slots is DefaultFleet.
	Fleet Fleet
	// Bound is the longest right response time, a second where it is 0.
	Bound time.Duration
	// Limits are those of the dynos, 1 to 60 where they are zero. They bind the oracle and peers, and a bot that has no
	// schedule of its own.
	Limits schedule.Limits
	// Start is what the clock shows at the beginning. The zero time is Monday, 5 January 2026, UTC.
	Start time.Time
	// Length is how long it lasts, whole seconds of at least a minute; 0 is as long as the demand is known.
	Length time.Duration
	// Price is what a dyno costs a month, in dollars.
	Price float64
	// Seed makes chance. What is simulated again with the same options has the same result, to the bit.
	Seed uint64

	// events serves event by event what could be served directly; a test compares them.
	events bool
}

const longest = 366 * 24 * time.Hour

// Run simulates an app that is driven by by. It ends early, with an error, when ctx does.
func Run(ctx context.Context, o Options, by Driver) (Result, error) {
	o, err := o.complete(by)
	if err != nil {
		return Result{}, err
	}
	s := newSimulation(o, by.Interval)
	if err := s.drive(ctx, by); err != nil {
		return Result{}, fmt.Errorf("simulate: %w", err)
	}
	r := s.accounts.result(o.Length, s.world.fleet.billed, s.world.changes)
	r.Policy, r.Seed, r.Dollars = by.Name, o.Seed, dollars(r.DynoHours, o.Price)
	return r, nil
}

func (o Options) complete(by Driver) (Options, error) {
	if o.Demand == nil {
		return o, errors.New("simulate: there is no demand")
	}
	if o.Fleet.Slots == 0 {
		o.Fleet = DefaultFleet()
	}
	if o.Bound == 0 {
		o.Bound = time.Second
	}
	if o.Limits == (schedule.Limits{}) {
		o.Limits = schedule.Limits{Min: 1, Max: 60}
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	if o.Length == 0 {
		o.Length = o.Demand.Length().Truncate(time.Second)
	}
	if err := errors.Join(o.check(by), o.Fleet.check()); err != nil {
		return o, fmt.Errorf("simulate: %w", err)
	}
	var err error
	if o.Demand, err = scaleToPeak(o.Demand, o.Fleet, o.Peak); err == nil {
		err = checkRates(o.Demand, o.Length)
	}
	if err != nil {
		return o, fmt.Errorf("simulate: %w", err)
	}
	return o, nil
}

func (o Options) check(by Driver) error {
	var errs []error
	wrong := func(is bool, format string, values ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, values...))
		}
	}
	wrong(by.Interval < time.Second, "the interval is %v; it must be a second or more", by.Interval)
	wrong(by.Begin == nil, "the driver has no Begin")
	wrong(!(o.Peak >= 0 && o.Peak <= maxDynos), "the peak is %g dynos; it must be from 0 to %d", o.Peak, maxDynos)
	wrong(o.Bound < 0 || o.Bound > o.Fleet.Timeout,
		"the bound is %v; it must be from 0 to the router's timeout of %v", o.Bound, o.Fleet.Timeout)
	wrong(o.Limits.Min < 0 || o.Limits.Max < max(1, o.Limits.Min) || o.Limits.Max > maxDynos,
		"the limits are %d to %d; they must be from 0 to %d, the least first", o.Limits.Min, o.Limits.Max, maxDynos)
	wrong(o.Length < time.Minute || o.Length > longest || o.Length%time.Second != 0,
		"the simulation lasts %v; it must be whole seconds from a minute to %v", o.Length, longest)
	wrong(!(o.Price >= 0), "a dyno costs %g dollars a month, which must not be less than 0", o.Price)
	return errors.Join(errs...)
}

type simulation struct {
	world    *World
	accounts *accounts
	length   float64
}

func newSimulation(o Options, interval time.Duration) *simulation {
	f := &o.Fleet
	m := &meter{timeout: f.Timeout.Seconds(), bound: o.Bound.Seconds()}
	a := &accounts{timeout: f.Timeout.Seconds(), minutes: make([]Minute, 0, int(o.Length.Minutes()))}
	m.done = a.answers
	ahead := need{
		demand: o.Demand, capacity: f.Capacity(), limits: o.Limits,
		seconds: int(math.Ceil(f.Foresight().Seconds())),
	}
	w := &World{
		meter: m, f: f, interval: interval.Seconds(), start: o.Start, limits: o.Limits, changes: &changes{},
		beats: stream(o.Seed, streamHeartbeats), service: f.Heartbeat.Service.sampler(),
		need: ahead,
	}
	n := f.Dynos
	if n == 0 {
		n = o.Limits.Clamp(w.need.at(o.Demand.Rate(0.5)))
	}
	w.fleet = newFormation(f, stream(o.Seed, streamFleet), n)
	t := newTraffic(f, o.Demand, w.fleet, m, o.Seed)
	oracle := ahead
	dynos := 0
	t.every = func(rate float64) {
		if m.at >= int(o.Length.Seconds()) { // the last tick's heartbeats may take it beyond the end
			return
		}
		d := oracle.at(rate)
		if m.at%oracleInterval == 0 {
			dynos = oracle.ahead(m.at)
		}
		a.oracleSeconds += float64(dynos)
		a.second(d, len(w.fleet.serving))
		if m.at%60 == 59 {
			a.minuteEnds(Minute{Dynos: len(w.fleet.dynos), Up: len(w.fleet.serving), Needed: d, Oracle: dynos})
		}
	}
	if f.Router == Random && f.Database.Slots == 0 && !o.events {
		w.engine = &direct{t}
	} else {
		w.engine = newEvents(t, o.Seed)
	}
	return &simulation{w, a, o.Length.Seconds()}
}

func (s *simulation) drive(ctx context.Context, by Driver) error {
	w := s.world
	tick := by.Begin(w)
	for w.now < s.length {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.engine.advance(w.now)
		w.took = 0
		tick(ctx, w.Now())
		w.now = min(s.length, w.next())
	}
	w.engine.advance(s.length)
	w.engine.drain()
	w.fleet.bill(s.length)
	w.meter.finish()
	return nil
}

func (w *World) next() float64 {
	beat := int64(w.now/w.interval+0.5) + 1 + int64(w.took/w.interval)
	return float64(beat) * w.interval
}
