package adaptive

import (
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// RouterSignals are the names of the router log's signals that an adaptive policy uses. If their readings are among a
// tick's, it follows them, else only the heartbeats. No verdict is made of them.
func RouterSignals() []string {
	return []string{
		probe.RequestsPerSecond, probe.RecentRequestsPerSecond, probe.Busy,
		probe.ServiceP50, probe.ServiceP95,
	}
}

// A Router is what the adaptive policy knows of an app from its router's log. It is a plain value that survives as
// JSON, and is never changed in place.
//
// The log gives the rate of requests. [Capacity] learns how many of them a dyno serves. The dynos needed are those for
// the time at which a dyno requested now has booted:
//
//	N = ⌈r̂·e^(m·√E) / (s·k)⌉
//
//	r̂  the forecast of the rate, see forecast
//	m  the margin of the aim
//	E  the mean square error of forecasts of ln r
//	s  the share of a dyno's capacity to use, by the aim
//	k  the capacity of a dyno in requests per second
type Router struct {
	// At is the time the log was last read. Points are its rates up to then, the newest last.
	At     time.Time     `json:"at"`
	Points []RouterPoint `json:"points,omitempty"`
	// Error is the mean square error of forecasts of the logarithm of the rate, over the last hours.
	Error float64 `json:"error"`
	// Capacity is that of a dyno.
	Capacity Capacity `json:"capacity"`
	// Needs are the numbers of dynos needed lately, as far as they can still matter.
	Needs DesiredQueue `json:"needs,omitempty"`
	// Shared is set while answers are slow.
	Shared *Shared `json:"shared,omitempty"`
}

// A RouterPoint is what the log said at a tick.
type RouterPoint struct {
	At time.Time `json:"at"`
	// Rate is the newest rate in requests/s. Ahead is its forecast for the time at which a dyno requested then has
	// booted.
	Rate  float32 `json:"rate"`
	Ahead float32 `json:"ahead"`
	// Serving is the number of dynos that served.
	Serving float32 `json:"serving"`
}

type routerReadings struct {
	rate, recent     float64 // requests/s
	busy             float64 // requests
	median, slowest  float64 // 50th and 95th percentile of the times, in seconds
	rates, durations bool    // the rates are known; so are the times
}

func routerReadingsOf(in []probe.Reading) routerReadings {
	var t routerReadings
	t.recent = -1
	for i := range in {
		r := &in[i]
		unit, known := probe.SignalUnit(r.Signal)
		if r.Outcome != probe.Answered || !known || r.Unit != unit || !(r.Value >= 0 && r.Value <= mostRouterPoints) {
			continue
		}
		switch r.Signal {
		case probe.RequestsPerSecond:
			t.rate, t.rates = r.Value, true
		case probe.RecentRequestsPerSecond:
			t.recent = r.Value
		case probe.Busy:
			t.busy = r.Value
		case probe.ServiceP50:
			t.median = r.Value / 1000
		case probe.ServiceP95:
			t.slowest = r.Value / 1000
		}
	}
	if t.recent < 0 {
		t.recent = t.rate
	}
	t.durations = t.rate*routerWindow >= leastRequests && t.busy > 0 && t.median > 0
	return t
}

const (
	// The largest value of a reading that counts.
	mostRouterPoints = 1e9
	// The seconds that the longer and the newer rate cover, roughly.
	routerWindow, routerRecent = 60.0, 15.0
	// In a window with fewer requests, their times do not count.
	leastRequests = 30
	// Limits of the remembered rates: their number, their age, and the time between two.
	pointsKept, pointsFor, pointsApart = 24, 3 * time.Minute, 4 * time.Second
	// The part of the rate's slope that is expected to last until a dyno has booted.
	slopeGain = 0.3
	// The mean square error before any forecast was judged, the seconds over which it is averaged, and the most that
	// one forecast counts.
	firstError, errorsFor, mostError = 0.01, 2 * 3600.0, 0.5
	// The hold time by the log, which needs less than heartbeats do. It grows in proportion to theirs.
	holdFor = 5 * time.Minute
)

// The router after a tick; unchanged without readings of the log.
func (m *Model) router(l *Load, tick *Tick, serving float64) *Router {
	t, now := routerReadingsOf(tick.Readings), tick.Now
	if !t.rates {
		return l.Router
	}
	f := l.Router.begin(now)
	f.forecast(now, &t, serving, tick.boot().Seconds())
	if mean, apart := f.servingLately(now); t.durations {
		f.Capacity.learn(now, &t, mean, apart, m.queueing.bound)
		f.Shared = f.Shared.watch(now, &t, serving, m.queueing.bound)
	}
	f.At = now
	f.Needs = f.Needs.Note(now, f.dynos(m, m.routerAim.to),
		time.Duration(float64(holdFor)*l.HoldTime/leastHold.Seconds()))
	return f
}

// The result is a copy that may be changed, without points that are too old.
func (f *Router) begin(now time.Time) *Router {
	if f == nil || !f.sound() {
		return &Router{Error: firstError}
	}
	c := *f
	c.Points = slices.DeleteFunc(slices.Clone(f.Points),
		func(p RouterPoint) bool { return now.Sub(p.At) > pointsFor || !p.At.Before(now) })
	return &c
}

// False for a value that this version cannot have written.
func (f *Router) sound() bool {
	return f.Error >= 0 && f.Error <= mostError && len(f.Points) <= pointsKept && f.Capacity.sound()
}

// Adds the newest rate, learns the error of its forecast, and forecasts the next:
//
//	r = s·r₁₅ + (1−s)·r₆₀,  s = E/(E + 1/(routerRecent·r₁₅))
//	r̂ = r + slopeGain·r′·(h + routerRecent/2), from r to 2.5·r
//	E ← E + (1−e^(−Δ/errorsFor))·(min(ln²(r/r̂ₕ), mostError) − E)
//
//	r₁₅, r₆₀  the newer and the longer rate; the longer one is less noisy if requests are few
//	r′        the slope of r
//	h         seconds until a dyno requested now has booted
//	r̂ₕ        the forecast made h ago for now
//	Δ         seconds from that forecast to the next
func (f *Router) forecast(now time.Time, t *routerReadings, serving, boot float64) {
	chance := 1 / max(1, routerRecent*t.recent)
	share := f.Error / (f.Error + chance)
	rate := share*t.recent + (1-share)*t.rate
	ahead, slope := boot+pointsApart.Seconds(), 0.0
	judged := false
	for i := len(f.Points) - 1; i >= 0; i-- {
		p := &f.Points[i]
		age := now.Sub(p.At).Seconds()
		if slope == 0 && age >= routerRecent-1 {
			slope = (rate - float64(p.Rate)) / age
		}
		if !judged && age >= ahead {
			judged = true
			wrong := math.Log(max(rate, 0.1) / max(float64(p.Ahead), 0.1))
			since := pointsFor.Seconds()
			if i+1 < len(f.Points) {
				since = f.Points[i+1].At.Sub(p.At).Seconds()
			}
			f.Error += (1 - math.Exp(-since/errorsFor)) * (min(wrong*wrong, mostError) - f.Error)
		}
	}
	will := max(rate, min(2.5*rate, rate+slopeGain*slope*(ahead+routerRecent/2)))
	if k := len(f.Points); k > 0 && now.Sub(f.Points[k-1].At) < pointsApart {
		f.Points = f.Points[:k-1]
	}
	f.Points = append(f.Points[max(0, len(f.Points)+1-pointsKept):],
		RouterPoint{now, float32(rate), float32(will), float32(serving)})
}

// The mean number of dynos that served in the window of the readings, and the range of that number as a share of the
// mean.
func (f *Router) servingLately(now time.Time) (mean, apart float64) {
	least, most, n := math.Inf(1), 0.0, 0
	for _, p := range f.Points {
		if now.Sub(p.At).Seconds() <= routerWindow+pointsApart.Seconds() {
			s := float64(p.Serving)
			mean += s
			least, most = min(least, s), max(most, s)
			n++
		}
	}
	mean /= float64(n)
	return mean, (most - least) / mean
}

func (f *Router) speaks(now time.Time) bool { return f != nil && f.At.Equal(now) && len(f.Points) > 0 }

// r̂·e^(m·√E) of [Router].
func (f *Router) ahead(margin float64) float64 {
	return float64(f.Points[len(f.Points)-1].Ahead) * math.Exp(margin*math.Sqrt(f.Error))
}

// N of [Router] for a share s.
func (f *Router) dynos(m *Model, share float64) int {
	return max(1, dynos(f.ahead(m.routerAim.margin)/(share*f.Capacity.PerDyno)))
}

// What an aim stands for if the log is read: dynos are added if [Router] needs more with s = up, and then as many as it
// needs with s = to. margin is its m.
type routerAim struct{ up, to, margin float64 }

func (aim Aim) router() routerAim {
	switch aim {
	case Lean:
		return routerAim{1, 0.97, 0}
	case Safe:
		return routerAim{0.92, 0.85, 1.2}
	}
	return routerAim{0.985, 0.93, 0.4}
}

func (f routerAim) toward(m routerAim, share float64) routerAim {
	return routerAim{between(f.up, m.up, share), between(f.to, m.to, share), between(f.margin, m.margin, share)}
}

// ByRouter says whether the model follows the router's log at now.
func (m *Model) ByRouter(l *Load, now time.Time) bool {
	return l != nil && l.Router.speaks(now) && !l.Router.Capacity.At.IsZero()
}

// MoreByRouter says whether the router's log alone asks for more than n dynos at now.
func (m *Model) MoreByRouter(l *Load, now time.Time, n int) bool {
	return m.ByRouter(l, now) && l.Router.dynos(m, m.routerAim.up) > n
}

// Follows the log, but keeps no more dynos than were found to serve more requests.
func (m *Model) decideByRouter(l *Load, t *Tick, a *Answer) {
	f, n := l.Router, t.Dynos
	a.Estimate.goByRouter(m, f)
	m.neededByRouter(l, t, a)
	most := f.Shared.most(f.At)
	if most == 0 {
		return
	}
	a.Estimate.Shared = most
	switch {
	case a.Dynos > max(n, most):
		a.Dynos = max(n, most)
	case n > most && a.Dynos >= n && !t.NoData:
		a.Reason, a.Dynos = LessLoad, max(most, n/2)
	}
	if a.Dynos == n && a.Reason != None {
		a.Reason = Enough
	}
}

// Heartbeats still count in a backlog: the log counts answered requests, so it shows a backlog late and too small.
func (m *Model) neededByRouter(l *Load, t *Tick, a *Answer) {
	f, n := l.Router, t.Dynos
	if f.dynos(m, m.routerAim.up) > n {
		a.Reason, a.Dynos = MoreLoad, min(2*n+2, max(n+1, f.dynos(m, m.routerAim.to)))
		return
	}
	least := max(f.Needs[0].Dynos, f.dynos(m, m.routerAim.to))
	switch {
	case (l.drain(float64(n)) > 0 || l.Late >= t.Fails) && !f.Capacity.partly(m.queueing.bound):
		m.decideByBeats(l, t, a)
	case t.NoData || t.Now.Sub(t.Begun) < calmAfterUp || !t.Answered:
	case least < n:
		a.Reason, a.Dynos = LessLoad, max(1, least, n/2)
	}
}
