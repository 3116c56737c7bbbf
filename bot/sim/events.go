package sim

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// An events engine serves requests event by event. It handles every fleet, but takes about three times as long as a
// direct one.
type events struct {
	traffic
	queue    eventHeap
	database sampler
	draws    *rand.Rand // of the database
	asking   int        // requests that the database works on
	waiting  fifo       // requests that wait for it
	beat     *beat      // the heartbeat that advance waits for
}

type request struct {
	at, service, database float64
	dyno                  *dyno
	beat                  *beat
}

type beat struct {
	done, ok bool
	end      float64
}

type eventKind uint8

const (
	served   eventKind = iota // a dyno is done with a request
	answered                  // the database is
	booted                    // a dyno with waiting requests is up
)

type event struct {
	at   float64
	kind eventKind
	r    request
}

func newEvents(t traffic, seed uint64) *events {
	return &events{traffic: t, database: t.f.Database.Service.sampler(), draws: stream(seed, streamDatabase)}
}

func (e *events) advance(until float64) {
	for e.now < until && !e.heard() {
		end := e.until(until)
		for {
			arrival := e.arrival()
			if next := e.queue.next(); next <= min(arrival, end) {
				e.pending = max(0, e.pending-(next-e.now)*e.rate)
				e.now = next
				e.happen(e.queue.pop())
				if e.heard() {
					return
				}
				continue
			}
			if !(e.pending < (end-e.now)*e.rate) {
				break
			}
			e.now = arrival
			e.pending = e.arrivals.ExpFloat64()
			e.meter.arrived(e.now, false)
			e.arrive(request{at: e.now, service: e.service(), database: e.ask()})
		}
		e.reach(end)
	}
}

func (e *events) heard() bool { return e.beat != nil && e.beat.done }

func (e *events) ask() float64 {
	if e.f.Database.Slots == 0 {
		return 0
	}
	return e.database.draw(e.draws) * e.factor
}

func (e *events) arrive(r request) {
	r.dyno = e.choose()
	if r.dyno == nil {
		e.meter.refused(e.now)
		r.beat.settle(e.now, false)
		return
	}
	d := r.dyno
	r.service *= d.slower
	d.held++
	if d.upAt > e.now && !d.kicked {
		d.kicked = true
		e.queue.push(event{at: d.upAt, kind: booted, r: request{dyno: d}})
	}
	d.waiting.push(r)
	e.work(d)
}

func (e *events) work(d *dyno) {
	for d.upAt <= e.now && d.busy < e.f.Slots && d.waiting.len() > 0 {
		r := d.waiting.pop()
		if e.now-r.at >= e.meter.timeout {
			e.meter.dropped(r.at)
			d.held--
			r.beat.settle(r.at+e.meter.timeout, false)
			continue
		}
		d.busy++
		e.meter.begun(r.at, e.now, r.beat != nil)
		if r.database > 0 {
			e.waiting.push(r)
			e.query()
		} else {
			e.queue.push(event{at: e.now + r.service, kind: served, r: r})
		}
	}
}

func (e *events) query() {
	for e.asking < e.f.Database.Slots && e.waiting.len() > 0 {
		e.asking++
		r := e.waiting.pop()
		e.queue.push(event{at: e.now + r.database, kind: answered, r: r})
	}
}

func (e *events) happen(ev event) {
	r := ev.r
	switch ev.kind {
	case answered:
		e.asking--
		e.queue.push(event{at: e.now + r.service, kind: served, r: r})
		e.query()
	case served:
		r.dyno.busy--
		r.dyno.held--
		e.meter.ended(r.at, e.now, r.beat != nil)
		r.beat.settle(e.now, true)
		e.work(r.dyno)
	case booted:
		e.work(r.dyno)
	}
}

func (b *beat) settle(at float64, ok bool) {
	if b != nil {
		b.done, b.ok, b.end = true, ok, at
	}
}

func (e *events) choose() *dyno {
	up := e.fleet.serving
	n := uint64(len(up))
	if n == 0 {
		return e.fleet.first()
	}
	i, _ := bits.Mul64(e.routing.Uint64(), n)
	switch d := up[i]; {
	case e.f.Router == Random || n == 1:
		return d
	case e.f.Router == TwoChoices:
		j, _ := bits.Mul64(e.routing.Uint64(), n-1)
		if other := up[(i+1+j)%n]; other.held < d.held {
			return other
		}
		return d
	}
	// A random start spreads the load while many dynos have no request.
	best := up[i]
	for k := uint64(1); k < n && best.held > 0; k++ {
		if d := up[(i+k)%n]; d.held < best.held {
			best = d
		}
	}
	return best
}

func (e *events) heartbeats(services []float64, gap, timeout float64) []answer {
	out, beats := make([]answer, len(services)), make([]beat, len(services))
	begin := e.now
	for i, service := range services {
		e.advance(begin + float64(i)*gap)
		beats[i].end = math.Inf(1)
		out[i].at = e.now
		e.meter.arrived(e.now, true)
		e.arrive(request{at: e.now, service: service, beat: &beats[i]})
	}
	for i := range beats {
		e.beat = &beats[i]
		e.advance(out[i].at + timeout)
		out[i].took, out[i].ok = timeout, false
		if beats[i].done {
			out[i].took, out[i].ok = beats[i].end-out[i].at, beats[i].ok
		}
	}
	e.beat = nil
	return out
}

func (e *events) drain() {
	end := e.now + float64(e.meter.settledAfter())
	for next := e.queue.next(); next <= end; next = e.queue.next() {
		e.now = next
		e.happen(e.queue.pop())
	}
}
