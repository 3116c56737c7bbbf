package adaptive

import "math"

const (
	// The busy share is looked at from 0.04 to 7.4, in steps of its logarithm.
	leastBusy = 0.04
	busyStep  = 0.045
	busyBins  = 116
	// Rates of waits are tabulated from leastRate to 340 a second, ratesTo2 to a doubling.
	leastRate = 0.25
	ratesTo2  = 2.6
	rateBins  = 28
	// guesses is how many kinds of app the filter keeps in view.
	guesses = 24
)

// A guess is one kind of app, and of load, that the filter keeps in view: what the waits would be if it were this one.
type guess struct {
	// walk is how far the logarithm of the load wanders in a minute, as a standard deviation.
	walk float64
	// scale is the time of service over the number of slots, in seconds, that a dyno takes for a request on average.
	scale float64
	// limit is the busy share up to which the app keeps to the bound.
	limit float64
	// unusual and service say how likely it is before any wait was seen, see prior: how far its slots are from a few, and the logarithm to
	// base 2 of how many seconds it works on a request.
	unusual, service float64
	// waits are the waits by the busy share.
	waits [busyBins]wait
}

// A wait is what a request may wait at a dyno: with a probability of chance, for an exponential time of a rate between two bins, of
// which rate is the lower, and part the part of the way to the next.
type wait struct {
	chance, part float64
	rate         int
}

// queueing are the laws of waiting of all guesses, by the busy share.
type queueing struct {
	bound float64 // the longest right response time, in seconds
	busy  [busyBins]float64
	log   [busyBins]float64
	full  int // the bin from which on dynos are always busy
	rates [rateBins]float64
	of    [guesses]guess
	bell  bell
}

// A bell is the density of the standard normal distribution, bellBins to a standard deviation, as far as it matters.
type bell [5*bellBins + 1]float64

const bellBins = 128

func (b *bell) at(z float64) float64 {
	if z < 0 {
		z = -z
	}
	if k := int(z*bellBins + 0.5); k < len(b) {
		return b[k]
	}
	return 0
}

func newQueueing(bound float64) *queueing {
	l := &queueing{bound: bound}
	for i := range l.busy {
		l.log[i] = math.Log(leastBusy) + busyStep*float64(i)
		if l.busy[i] = math.Exp(l.log[i]); l.busy[i] < 1 {
			l.full = i + 1
		}
	}
	for j := range l.rates {
		l.rates[j] = leastRate * math.Exp2(float64(j)/ratesTo2)
	}
	for k := range l.bell {
		l.bell[k] = normal(float64(k)/bellBins, 1)
	}
	k := 0
	for _, slots := range []int{1, 5, 20} {
		for _, scale := range []float64{0.005, 0.02, 0.06, 0.2} {
			for _, walk := range []float64{0.05, 0.25} {
				l.of[k] = l.guess(slots, scale, walk)
				k++
			}
		}
	}
	return l
}

// guess makes the laws of an app whose dynos have so many slots. scale is the time of service over the number of slots, in seconds,
// with half of one more for the square of its coefficient of variation: what waits are long or short by.
func (l *queueing) guess(slots int, scale, walk float64) guess {
	g := guess{
		walk:  walk,
		scale: scale,
		limit: min(mostBusy, max(leastBusyLimit, busyUpTo(slots, scale, l.bound))),

		unusual: math.Abs(math.Log(float64(slots)/5)) / math.Log(5), service: math.Log2(float64(slots) * scale),
	}
	for i, busy := range l.busy {
		chance := 1.0
		rate := leastSpare / scale
		if busy < 1 {
			chance = erlangC(slots, busy)
			rate = max(rate, (1-busy)/scale)
		}
		// A mean wait of more than a second is the beginning of a backlog, which has a law of its own.
		at := ratesTo2 * math.Log2(min(max(rate, 1), l.rates[rateBins-1])/leastRate)
		j := min(int(at), rateBins-2)
		g.waits[i] = wait{chance: chance, part: at - float64(j), rate: j}
	}
	return g
}

// likelyService is how many seconds most web apps work on a request.
const likelyService = 0.1

// prior is the logarithm of how likely a guess is before any wait was seen, but for a constant: most web apps have a few slots, and take
// a tenth of a second, or as long as their heartbeats without a wait, where that is more.
func (g *guess) prior(baseline float64) float64 {
	return -2 * (g.unusual + math.Abs(g.service-math.Log2(max(likelyService, baseline))))
}

const (
	// leastSpare is the least share of a dyno that is free, below which no steady state is reached in the time between two changes.
	leastSpare = 0.03
	// The busy share aimed at is kept between these, whatever a guess says: above the one a ripple overloads the app, below the other
	// a wrong guess would pay for many more dynos than could serve it.
	leastBusyLimit, mostBusy = 0.8, 0.95
)

// erlangC is the probability that a request must wait at a dyno with so many slots that are busy to a share below 1 (A. K. Erlang,
// 1917): C = B / (1 − ρ(1 − B)), where B is the probability that it would be lost if none could wait, by its recursion.
func erlangC(slots int, busy float64) float64 {
	offered := busy * float64(slots)
	b := 1.0
	for k := 1; k <= slots; k++ {
		b = offered * b / (float64(k) + offered*b)
	}
	return b / (1 - busy*(1-b))
}

// busyUpTo is the busy share above which one in 20 waits longer than the bound, in seconds.
func busyUpTo(slots int, scale, bound float64) float64 {
	low, high := 0.3, 0.995
	for range 30 {
		busy := (low + high) / 2
		if erlangC(slots, busy)*math.Exp(-(1-busy)*bound/scale) > 0.05 {
			high = busy
		} else {
			low = busy
		}
	}
	return low
}
