package sim

import "math/bits"

// A direct engine serves each request as it arrives. With a random router and nothing shared, the time at which it will
// be done is known then.
type direct struct{ traffic }

func (e *direct) advance(until float64) {
	for e.now < until {
		end := e.until(until)
		for e.pending < (end-e.now)*e.rate {
			e.now += e.pending / e.rate
			e.pending = e.arrivals.ExpFloat64()
			e.meter.arrived(e.now, false)
			e.serve(e.service(), false)
		}
		e.reach(end)
	}
}

// ok is false if the request is lost.
func (e *direct) serve(service float64, heartbeat bool) (end float64, ok bool) {
	d := e.choose()
	if d == nil {
		e.meter.refused(e.now)
		return e.now, false
	}
	service *= d.slower
	start, ok := d.take(e.now, service, e.meter.timeout)
	if !ok {
		e.meter.dropped(e.now)
		return e.now + e.meter.timeout, false
	}
	end = start + service
	e.meter.begun(e.now, start, heartbeat)
	e.meter.ended(e.now, end, heartbeat)
	return end, true
}

func (e *direct) choose() *dyno {
	up := e.fleet.serving
	if len(up) == 0 {
		return e.fleet.first()
	}
	i, _ := bits.Mul64(e.routing.Uint64(), uint64(len(up)))
	return up[i]
}

func (e *direct) heartbeats(services []float64, gap, _ float64) []answer {
	out := make([]answer, len(services))
	begin := e.now
	for i, service := range services {
		e.advance(begin + float64(i)*gap)
		e.meter.arrived(e.now, true)
		end, ok := e.serve(service, true)
		out[i] = answer{e.now, end - e.now, ok}
	}
	return out
}

func (e *direct) drain() {}
