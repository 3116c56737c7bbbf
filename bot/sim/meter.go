package sim

import (
	"math"
	"time"
)

const (
	// The meter keeps the seconds of the last twelve minutes, and the future seconds in which arrived requests will be
	// served.
	ring     = 1024
	history  = 720
	horizon  = ring - history - 1
	ringMask = ring - 1
	// A minute is closed when the outcome of all its requests is known. That takes the timeout, at most a minute.
	openMinutes = 4
	// How far observations can look back.
	longestView = 10 * time.Minute
)

// A second counts all requests and heartbeats.
type second struct {
	arrived, started, finished, dropped uint32
	waited                              uint32 // of the started
	// Arrived requests that a dyno has begun at any time; the others are lost.
	taken   uint32
	serving int32
	// The rest of this second from each event on: its contribution to the average number.
	arrivedFor, startedFor, finishedFor, droppedFor float64
	// Average requests in the app and busy slots; known when the second is over.
	inFlight, busy float64
	// Response times of finished requests, and waits of begun ones.
	sum            float64
	response, wait histogram
}

// A minute counts the requests that arrived in it, without heartbeats.
type minute struct {
	arrived, taken, inTime uint64 // inTime: answered within the threshold
	response               histogram
}

// A meter counts what happens in the app: by the second for observers, and by the minute for the result.
type meter struct {
	timeout, bound float64
	at             int // the present second
	ring           [ring]second
	inFlight, busy int64 // at the start of the present second

	open   [openMinutes]minute
	closed int // minutes that are closed
	done   func(i int, m *minute)
}

func (m *meter) arrived(at float64, heartbeat bool) {
	s := &m.ring[m.at&ringMask]
	s.arrived++
	s.arrivedFor += float64(m.at+1) - at
	if !heartbeat {
		m.open[m.at/60%openMinutes].arrived++
	}
}

// start is now or later.
func (m *meter) begun(at, start float64, heartbeat bool) {
	i := min(int(start), m.at+horizon)
	s := &m.ring[i&ringMask]
	s.started++
	s.startedFor += max(0, float64(i+1)-start)
	s.wait[bucket(start-at)]++
	if start > at {
		s.waited++
	}
	a := int(at)
	m.ring[a&ringMask].taken++
	if !heartbeat {
		m.open[a/60%openMinutes].taken++
	}
}

// end is now or later.
func (m *meter) ended(at, end float64, heartbeat bool) {
	i := min(int(end), m.at+horizon)
	s := &m.ring[i&ringMask]
	s.finished++
	s.finishedFor += max(0, float64(i+1)-end)
	took := end - at
	b := bucket(took)
	s.sum += took
	s.response[b]++
	if a := int(at) / 60; !heartbeat && a >= m.closed {
		o := &m.open[a%openMinutes]
		o.response[b]++
		if took <= m.bound {
			o.inTime++
		}
	}
}

func (m *meter) dropped(at float64) {
	end := max(at+m.timeout, float64(m.at))
	i := int(end)
	s := &m.ring[i&ringMask]
	s.dropped++
	s.droppedFor += float64(i+1) - end
}

func (m *meter) refused(at float64) {
	s := &m.ring[m.at&ringMask]
	s.dropped++
	s.droppedFor += float64(m.at+1) - at
}

func (m *meter) roll(serving int) {
	s := &m.ring[m.at&ringMask]
	s.serving = int32(serving)
	s.inFlight = float64(m.inFlight) + s.arrivedFor - s.finishedFor - s.droppedFor
	s.busy = float64(m.busy) + s.startedFor - s.finishedFor
	m.inFlight += int64(s.arrived) - int64(s.finished) - int64(s.dropped)
	m.busy += int64(s.started) - int64(s.finished)
	m.at++
	m.ring[(m.at+horizon)&ringMask] = second{}
	if m.at >= (m.closed+1)*60+m.settledAfter() {
		m.close()
	}
}

// Seconds after which all requests of a second were begun or lost, and all that are in time were answered.
func (m *meter) settledAfter() int { return int(math.Ceil(m.timeout)) + 1 } // the threshold is at most the timeout

func (m *meter) close() {
	o := &m.open[m.closed%openMinutes]
	m.done(m.closed, o)
	*o = minute{}
	m.closed++
}

// Closes the complete minutes once nothing else will be answered.
func (m *meter) finish() {
	for (m.closed+1)*60 <= m.at {
		m.close()
	}
}

// An Observation is what can be seen of the app from inside, from its router or from its platform, over some time. It
// includes heartbeats.
type Observation struct {
	// Seconds is the observed time.
	Seconds float64
	// Arrived is the number of requests that came, Answered those whose answer the router has logged, and Lost those
	// that it gave up.
	Arrived, Answered, Lost int
	// Begun is the number of requests whose service began, and Waited those of them that found no free slot.
	Begun, Waited int
	// Busy is the average number of busy slots, InFlight that of requests in service or waiting, Serving that of dynos
	// up.
	Busy, InFlight, Serving float64
	// MeanResponse is the mean response time of the answered requests, 0 without any.
	MeanResponse time.Duration

	response, wait histogram
}

// Response returns the p-quantile of the response times of the answered requests, p from 0 to 1; 0 without any. It is
// accurate to 2 %.
func (o *Observation) Response(p float64) time.Duration { return seconds(o.response.quantile(p, 0)) }

// Wait returns the p-quantile of the waits of the requests whose service began, p from 0 to 1; 0 without any.
func (o *Observation) Wait(p float64) time.Duration { return seconds(o.wait.quantile(p, 0)) }

// Sums up the last n whole seconds before now, which is in the present second or shortly before it.
func (m *meter) observe(now, n int) Observation {
	n = max(0, min(n, now, int(longestView.Seconds())))
	o := Observation{Seconds: float64(n)}
	sum := 0.0
	for i := now - n; i < now; i++ {
		s := &m.ring[i&ringMask]
		o.Arrived += int(s.arrived)
		o.Begun += int(s.started)
		o.Waited += int(s.waited)
		o.Busy += s.busy
		o.InFlight += s.inFlight
		o.Serving += float64(s.serving)
		sum += s.sum
		o.response.add(&s.response)
		o.wait.add(&s.wait)
		if k := i - m.settledAfter(); k >= 0 {
			then := &m.ring[k&ringMask]
			o.Lost += int(then.arrived) - int(then.taken)
		}
	}
	o.Answered = int(o.response.count())
	if n > 0 {
		o.Busy, o.InFlight, o.Serving = o.Busy/float64(n), o.InFlight/float64(n), o.Serving/float64(n)
	}
	if o.Answered > 0 {
		o.MeanResponse = seconds(sum / float64(o.Answered))
	}
	return o
}
