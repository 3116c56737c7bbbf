package adaptive

import (
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// RouterSignals names the signals of the router's log that an adaptive policy makes use of. Where their readings are
// among those of a tick, it goes by them; where they are missing, by the heartbeats alone. They are never judged as
// heartbeats are.
func RouterSignals() []string {
	return []string{
		probe.RequestsPerSecond, probe.RecentRequestsPerSecond, probe.Busy,
		probe.ServiceP50, probe.ServiceP95,
	}
}

// A Router is what the adaptive policy knows of an app from its router's log: a plain value that survives as JSON, and
// is never changed in place.
//
// How many requests there are is known from the log, and how many of them a dyno bears is learned, see [Capacity]. What
// is needed are the dynos for when one that is asked for now has booted:
//
//	N = ⌈r̂·e^(m·√E) / (s·k)⌉
//
//	r̂  the forecast of the rate, see forecast
//	m  the margin of the aim
//	E  the mean square by which forecasts of ln r were wrong
//	s  the share of its capacity that the aim has a dyno serve
//	k  requests per second that a dyno bears
type Router struct {
	// At is when the log was last read, and Points what it said then and up to a minute and a half before, the newest
	// last.
	At     time.Time     `json:"at"`
	Points []RouterPoint `json:"points,omitempty"`
	// Error is the mean square by which forecasts of the logarithm of the rate were wrong in the last hours.
	Error float64 `json:"error"`
	// Capacity is what a dyno bears.
	Capacity Capacity `json:"capacity"`
	// Needs are the numbers of dynos that were needed lately, as far as they can still matter.
	Needs DesiredQueue `json:"needs,omitempty"`
	// Shared is set while answers are slow.
	Shared *Shared `json:"shared,omitempty"`
}

// A RouterPoint is what the log said at a tick.
type RouterPoint struct {
	At time.Time `json:"at"`
	// Rate is the newest rate in requests/s, and Ahead what it was forecast to be by the time that a dyno would have
	// booted.
	Rate  float32 `json:"rate"`
	Ahead float32 `json:"ahead"`
	// Serving is how many dynos served.
	Serving float32 `json:"serving"`
}

type routerReadings struct {
	rate, recent     float64 // requests/s
	busy             float64 // requests
	median, slowest  float64 // of the times in seconds: the 50th and the 95th percentile
	rates, durations bool    // what of these is told
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
	// mostRouterPoints bounds what a reading may say.
	mostRouterPoints = 1e9
	// routerWindow and routerRecent are the seconds that the longer and the newer rate are about, more or less.
	routerWindow, routerRecent = 60.0, 15.0
	// leastRequests in a window tell how long requests take.
	leastRequests = 30
	// pointsKept and pointsFor bound what is remembered of the newest rates, and pointsApart how dense they are.
	pointsKept, pointsFor, pointsApart = 24, 3 * time.Minute, 4 * time.Second
	// slopeGain is the part of the slope of the rate that is taken to last until a dyno has booted.
	slopeGain = 0.3
	// firstError is the mean square error of forecasts before any was judged, errorsFor the seconds over which it is a
	// mean, and mostError the most that one forecast counts for.
	firstError, errorsFor, mostError = 0.01, 2 * 3600.0, 0.5
	// holdFor is the hold time by the log, which needs less than heartbeats do. It is as many times as long as theirs
	// has grown.
	holdFor = 5 * time.Minute
)

// router takes what the log says of a tick into what is known of it, and returns that: unchanged where the log says
// nothing.
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

// begin returns a copy that may be changed, without what is too old.
func (f *Router) begin(now time.Time) *Router {
	if f == nil || !f.sound() {
		return &Router{Error: firstError}
	}
	c := *f
	c.Points = slices.DeleteFunc(slices.Clone(f.Points),
		func(p RouterPoint) bool { return now.Sub(p.At) > pointsFor || !p.At.Before(now) })
	return &c
}

// sound says whether a router is one that this version could have written.
func (f *Router) sound() bool {
	return f.Error >= 0 && f.Error <= mostError && len(f.Points) <= pointsKept && f.Capacity.sound()
}

// forecast takes in the newest rate, learns how wrong the forecast of it was, and makes another:
//
//	r = s·r₁₅ + (1−s)·r₆₀,  s = E/(E + 1/(routerRecent·r₁₅))
//	r̂ = r + slopeGain·r′·(h + routerRecent/2), from r to 2.5·r
//	E ← E + (1−e^(−Δ/errorsFor))·(min(ln²(r/r̂ₕ), mostError) − E)
//
//	r₁₅, r₆₀  the newer and the longer rate: few requests are much chance, of which the longer one has less
//	r′        the slope of r
//	h         seconds until a dyno that is asked for now has booted
//	r̂ₕ        the forecast of h ago, for now
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

// servingLately is how many dynos served in the time that readings are about, and how far apart the most and the least
// are, as a share.
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

// speaks says whether the log is known at now.
func (f *Router) speaks(now time.Time) bool { return f != nil && f.At.Equal(now) && len(f.Points) > 0 }

// ahead is r̂·e^(m·√E) of [Router].
func (f *Router) ahead(margin float64) float64 {
	return float64(f.Points[len(f.Points)-1].Ahead) * math.Exp(margin*math.Sqrt(f.Error))
}

// dynos is how many dynos are needed for a share of what they bear.
func (f *Router) dynos(m *Model, share float64) int {
	return max(1, dynos(f.ahead(m.routerAim.margin)/(share*f.Capacity.PerDyno)))
}

// A routerAim is what an aim stands for where the log is read: dynos are added where [Router] needs more with s = up,
// and then as many as it needs with s = to; margin is its m.
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

// toward is f + share·(m−f).
func (f routerAim) toward(m routerAim, share float64) routerAim {
	return routerAim{between(f.up, m.up, share), between(f.to, m.to, share), between(f.margin, m.margin, share)}
}

// ByRouter says whether the model goes by the router's log at now.
func (m *Model) ByRouter(l *Load, now time.Time) bool {
	return l != nil && l.Router.speaks(now) && !l.Router.Capacity.At.IsZero()
}

// MoreByRouter says whether the router's log by itself asks for more than n dynos at now.
func (m *Model) MoreByRouter(l *Load, now time.Time, n int) bool {
	return m.ByRouter(l, now) && l.Router.dynos(m, m.routerAim.up) > n
}

// decideByRouter wants what the log says is needed, but not more dynos than were found to serve more requests.
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

// neededByRouter wants what the log says is needed. Heartbeats in a backlog still speak: of that, the log tells late
// and too little, as it counts what is answered.
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
