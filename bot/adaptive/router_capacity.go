package adaptive

import (
	"math"
	"time"
)

// Capacity learns how many requests per second a dyno serves below the threshold, from the mean time of requests:
//
//	T = S·(1 + C(c, ρ)·(1+V²) / 2c(1−ρ)),  ρ = u·S/c
//
//	T  the mean time of a request, read from the log
//	S  the mean time of service, learned for each guess of c as a normal distribution of ln S
//	c  slots of a dyno: one of the guesses
//	u  requests/s of a dyno
//	ρ  the busy share of a dyno
//	C  Erlang's formula, see erlangC
//	V  the coefficient of variation of the time of service
//
// A guess loses weight if its S would have to change with u.
type Capacity struct {
	// At is the time it last learned.
	At time.Time `json:"at,omitzero"`
	// Mean and Spread are those of ln S by each guess. Weight is the logarithm of the guess's probability relative to
	// the likeliest one.
	Mean   [slotGuesses]float32 `json:"mean"`
	Spread [slotGuesses]float32 `json:"spread"`
	Weight [slotGuesses]float32 `json:"weight"`
	// Skew is the mean time of a request divided by the median. Its square stands for 1+V².
	Skew float64 `json:"skew"`
	// Odd is the share of the last half hour in which the mean was far higher than that: a few dynos or endpoints are
	// slow.
	Odd float64 `json:"odd,omitempty"`
	// Proven is the highest rate, in requests/s of a dyno, at which the 95th percentile was below the threshold.
	Proven float64 `json:"proven"`
	// PerDyno is the capacity of a dyno in requests/s.
	PerDyno float64 `json:"per_dyno"`
}

const (
	slotGuesses = 16
	// Most web apps have likelySlots slots, give or take a factor of e^slotsSpread.
	likelySlots, slotsSpread = 5.0, 0.9
	// Seconds between two readings that are learned from: each covers a minute.
	learnEvery = 15.0
	// How far ln S wanders in the square root of an hour.
	serviceWalk = 0.05
	// ln T is known to readError, and the wait in it to a share waitError. Weights grow by routerTrust of the evidence
	// of a minute, and forget most of it in routerForget seconds.
	readError, waitError      = 0.03, 0.3
	routerTrust, routerForget = 0.5, 24 * 3600.0
	// Limits of the spread of ln S.
	leastService, mostService = 0.02, 0.7
	// If the mean is more than oddMean times as far above the median as usual, a few dynos or endpoints are slow. The
	// first skew is at most likelySkew, that of a coefficient of variation of 1.2.
	oddMean, mostSkew, likelySkew = 1.25, 2.0, 1.55
	oddFor                        = 1800.0
	// There is no steady state above this busy share.
	fullest = 0.985
	// A dyno is trusted with provenStep times its proven rate, or with mostStep times if its capacity is likely higher.
	provenStep, mostStep = 1.15, 1.5
	// A rate is proven only if the number of serving dynos changed by at most the share steady. A proven rate fades in
	// provenFor seconds.
	steady       = 0.15
	surelyServes = 0.1
	provenFor    = 3 * 24 * 3600.0
	// The lowest busy share to aim at, whatever a guess says: a lower one would pay for far too many dynos.
	leastFull = 0.78
	// If the service alone takes a share outOfReach of the threshold, no number of dynos gets below it. The aim is then
	// the busy share fullAnyway.
	outOfReach, fullAnyway = 0.6, 0.88
)

// The guesses of c.
func slots() [slotGuesses]int {
	return [slotGuesses]int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 60, 100}
}

func (c *Capacity) sound() bool {
	for h := range slotGuesses {
		if !(math.Abs(float64(c.Mean[h])) < 20) || !(c.Spread[h] >= 0 && c.Spread[h] < 2) || !(c.Weight[h] <= 0) {
			return false
		}
	}
	return c.Skew >= 0 && c.Skew <= mostSkew && c.Odd >= 0 && c.Odd <= 1 && c.Proven >= 0 &&
		c.Proven <= mostRouterPoints && c.PerDyno >= 0 && c.PerDyno <= mostRouterPoints
}

func (c *Capacity) begin(mean, skew float64) {
	c.Skew = skew
	for h, n := range slots() {
		c.Mean[h], c.Spread[h] = float32(math.Log(mean)), 0.3
		c.Weight[h] = float32(priorOf(n))
	}
}

// The logarithm of a guess's probability at first: −z²/2 with z = ln(c/likelySlots)/slotsSpread.
func priorOf(slots int) float64 {
	z := math.Log(float64(slots)/likelySlots) / slotsSpread
	return -z * z / 2
}

// serving is the number of dynos during the readings, and apart its range as a share.
func (c *Capacity) learn(now time.Time, t *routerReadings, serving, apart, bound float64) {
	mean := t.busy / t.rate
	skew := min(max(mean/t.median, 1.05), mostSkew)
	if c.At.IsZero() {
		skew = min(skew, likelySkew)
		c.begin(min(mean, skew*t.median), skew)
	}
	dt := min(now.Sub(c.At).Seconds(), longestGap)
	if dt < learnEvery {
		return
	}
	c.At = now
	odd := 0.0
	if usual := c.Skew * t.median; mean > oddMean*usual {
		mean, odd = usual, 1
	} else {
		c.Skew += (1 - math.Exp(-dt/errorsFor)) * (skew - c.Skew)
	}
	c.Odd += (1 - math.Exp(-dt/oddFor)) * (odd - c.Odd)
	rate := t.rate / serving // of a dyno
	c.prove(rate, apart, dt, t.slowest <= bound)
	best, least := math.Inf(-1), math.Inf(1)
	for h, n := range slots() {
		moved, gain := c.sharpen(h, n, math.Log(mean), rate, apart, 1/(t.rate*routerWindow), dt)
		back := (priorOf(n) - float64(c.Weight[h])) * (1 - math.Exp(-dt/routerForget))
		c.Weight[h] += float32(routerTrust*min(1, dt/routerWindow)*gain + back)
		best, least = max(best, float64(c.Weight[h])), min(least, moved)
	}
	for h := range slotGuesses {
		c.Weight[h] = float32(max(float64(c.Weight[h])-best, faint))
		if least > 9 { // every guess says that the service itself has changed
			c.Spread[h] = float32(min(mostService, 2*float64(c.Spread[h])))
		}
	}
	c.PerDyno = min(c.quantile(bound, 0.5),
		max(c.quantile(bound, surelyServes), provenStep*c.Proven), mostStep*c.Proven)
}

func (c *Capacity) prove(rate, apart, dt float64, right bool) {
	c.Proven *= math.Exp(-dt / provenFor)
	if c.Proven == 0 || right && apart <= steady {
		c.Proven = max(c.Proven, rate)
	}
}

// ln T for ln S by the formula of [Capacity], and the share of T that is waiting.
func (c *Capacity) takes(slots int, logS, rate float64) (logT, waits float64) {
	n := float64(slots)
	service := math.Exp(logS)
	busy := min(rate*service/n, fullest)
	wait := erlangC(slots, busy) * c.Skew * c.Skew / 2 / (n * (1 - busy))
	return logS + math.Log1p(wait), wait / (1 + wait)
}

// Updates x = ln S of guess h by ln T. The results are how surprising the move of x is, and the log-likelihood of T. It
// is a step of an extended Kalman filter, by Newton's method:
//
//	x  = x₀ + σ²g/(g²σ²+v)·(ln T − t(x) − g·(x₀−x))
//	v  = readError² + chance·Skew² + (waitError·waits)² + apart²/4
//	σ′ = σ/√(1 + g²σ²/v)
//
//	x₀, σ   x before, with σ grown by serviceWalk in the square root of an hour
//	t, g    takes, and its slope
//	v       the variance of ln T
//	chance  1 over the number of requests
//	waits   the share of T that is waiting
//	apart   the range of the number of serving dynos, as a share
func (c *Capacity) sharpen(h, slots int, logT, rate, apart, chance, dt float64) (moved, likely float64) {
	before := float64(c.Mean[h])
	spread := math.Hypot(float64(c.Spread[h]), serviceWalk*math.Sqrt(dt/3600))
	x, variance, slope := before, 0.0, 1.0
	const step = 0.01
	for range 4 {
		at, waits := c.takes(slots, x, rate)
		next, _ := c.takes(slots, x+step, rate)
		slope = (next - at) / step
		variance = readError*readError + chance*c.Skew*c.Skew + math.Pow(waitError*waits, 2) + apart*apart/4
		gain := spread * spread * slope / (slope*slope*spread*spread + variance)
		x = before + min(1, max(-1, gain*(logT-at-slope*(before-x))))
	}
	at, _ := c.takes(slots, x, rate)
	miss := surprise((logT - at) / math.Sqrt(variance))
	moved = surprise((x - before) / spread)
	after := spread / math.Sqrt(1+slope*slope*spread*spread/variance)
	c.Mean[h], c.Spread[h] = float32(x), float32(min(mostService, max(leastService, after)))
	return moved, -(miss+moved)/2 - math.Log(spread/after) - math.Log(variance)/2
}

// z², and 6|z|−9 from 3 standard deviations on, since the formula of [Capacity] is never exact (P. J. Huber, 1964).
func surprise(z float64) float64 {
	if z = math.Abs(z); z > 3 {
		return 6*z - 9
	}
	return z * z
}

// True if only some dynos or endpoints are slow, or all of them at any load. Slow heartbeats are then no sign of load.
func (c *Capacity) partly(bound float64) bool {
	likeliest := 0
	for h := range slotGuesses {
		if c.Weight[h] > c.Weight[likeliest] {
			likeliest = h
		}
	}
	return c.Odd > 0.5 || math.Exp(float64(c.Mean[likeliest])) >= outOfReach*bound
}

// The capacity of a dyno in requests/s that is exceeded with probability 1−p: the p-quantile of c·b/S over all guesses.
//
//	c  slots of a dyno
//	b  its largest busy share
//	S  the mean time of service
func (c *Capacity) quantile(bound, p float64) float64 {
	var m mixture
	for h, n := range slots() {
		if negligible(float64(c.Weight[h])) {
			continue
		}
		service := math.Exp(float64(c.Mean[h]))
		limit := fullAnyway
		if service < outOfReach*bound {
			scale := service * c.Skew * c.Skew / 2 / float64(n)
			limit = min(fullest, max(leastFull, busyUpTo(n, scale, max(bound/4, bound-1.5*service))))
		}
		m.add(float64(c.Weight[h]), math.Log(float64(n)*limit)-float64(c.Mean[h]), float64(c.Spread[h]))
	}
	return math.Exp(m.quantile(p))
}
