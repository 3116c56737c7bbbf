package sim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Options describe a simulation. Demand is required; everything else may be zero.
type Options struct {
	Demand Demand
	// Peak scales the demand so that its largest mean over [PeakWindow] needs this number of dynos; 0 leaves it
	// unchanged.
	Peak float64
	// Fleet is the app and its platform; one without slots is DefaultFleet.
	Fleet Fleet
	// Bound is the response time above which an answer is slow; 0 is a second.
	Bound time.Duration
	// Limits are the limits of dynos, 1 to 60 if zero. They apply to the oracle, to peers, and to a bot without a
	// schedule of its own.
	Limits schedule.Limits
	// Start is the time at the start. The zero time is Monday, 5 January 2026, UTC.
	Start time.Time
	// Length is the simulated time, whole seconds of at least a minute; 0 is the demand's length.
	Length time.Duration
	// Price is the price of a dyno a month, in dollars.
	Price float64
	// Seed determines all chance. The same options have the same result, to the bit.
	Seed uint64

	// Serve event by event even if the direct engine would do, for a test that compares them.
	events bool
}

const longest = 366 * 24 * time.Hour

// Run simulates an app whose dynos are decided by by. It ends early, with an error, if ctx ends.
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
		return o, errors.New("simulate: no demand")
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
	wrong(by.Interval < time.Second, "the interval is %v: must be at least a second", by.Interval)
	wrong(by.Begin == nil, "the driver has no Begin")
	wrong(!(o.Peak >= 0 && o.Peak <= maxDynos), "the peak is %g dynos: must be 0–%d", o.Peak, maxDynos)
	wrong(o.Bound < 0 || o.Bound > o.Fleet.Timeout,
		"the threshold is %v: must be from 0 to the router's timeout of %v", o.Bound, o.Fleet.Timeout)
	wrong(o.Limits.Min < 0 || o.Limits.Max < max(1, o.Limits.Min) || o.Limits.Max > maxDynos,
		"the limits are %d to %d: must be 0–%d, the minimum first", o.Limits.Min, o.Limits.Max, maxDynos)
	wrong(o.Length < time.Minute || o.Length > longest || o.Length%time.Second != 0,
		"the simulation lasts %v: must be whole seconds from a minute to %v", o.Length, longest)
	wrong(!(o.Price >= 0), "a dyno costs %g dollars a month: must not be negative", o.Price)
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
		if m.at >= int(o.Length.Seconds()) { // the last tick's heartbeats may end after this
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
