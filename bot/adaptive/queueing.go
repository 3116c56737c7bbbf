package adaptive

import "math"

const (
	// Bin i of the busy share is leastBusy·e^(i·busyStep): from 0.04 to 7.4.
	leastBusy = 0.04
	busyStep  = 0.045
	busyBins  = 116
	// Bin j of the rates of waits is leastRate·2^(j/ratesTo2): from 0.25 to 340 a second.
	leastRate = 0.25
	ratesTo2  = 2.6
	rateBins  = 28
	guesses   = 24
)

// A guess is one kind of app and of load that the filter considers, with the waits that it implies.
type guess struct {
	// w of [Load]: how far ln A wanders in a minute, as a standard deviation.
	walk float64
	// τ of [Load], in seconds.
	scale float64
	// The busy share up to which the app stays below the threshold.
	limit float64
	// u and log₂ S of prior.
	unusual, service float64
	// Waits by the busy share.
	waits [busyBins]wait
}

// A wait is how long a request waits at a dyno: with probability chance, an exponential time. Its rate lies between bin
// rate and the next, at the fraction part of the way.
type wait struct {
	chance, part float64
	rate         int
}

// The queueing model of all guesses, tabulated by the busy share.
type queueing struct {
	bound float64 // the upper threshold, in seconds
	busy  [busyBins]float64
	log   [busyBins]float64
	full  int // the first bin in which dynos are always busy
	rates [rateBins]float64
	of    [guesses]guess
	bell  bell
}

// A bell is e^(−z²/2)/√2π, bellBins to a standard deviation, up to z = 5.
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
		// A mean wait of more than a second is the start of a backlog, see [beat.backlogged].
		at := ratesTo2 * math.Log2(min(max(rate, 1), l.rates[rateBins-1])/leastRate)
		j := min(int(at), rateBins-2)
		g.waits[i] = wait{chance: chance, part: at - float64(j), rate: j}
	}
	return g
}

// Seconds that most web apps work on a request.
const likelyService = 0.1

// The logarithm of a guess's probability before any wait was seen, up to a constant:
//
//	ln W₀ = −2·(u + |log₂ S − log₂ max(likelyService, m)|)
//
//	u  |ln(c/5)|/ln 5: most web apps have a few slots c
//	S  seconds that the app works on a request
//	m  the median of heartbeats without a wait, in seconds
func (g *guess) prior(baseline float64) float64 {
	return -2 * (g.unusual + math.Abs(g.service-math.Log2(max(likelyService, baseline))))
}

const (
	// The least free share of a dyno. Below it there is no steady state in the time between two changes.
	leastSpare = 0.03
	// Limits of the busy share to aim at, whatever a guess says. Above mostBusy a ripple overloads the app. Below
	// leastBusyLimit a wrong guess would pay for far too many dynos.
	leastBusyLimit, mostBusy = 0.8, 0.95
)

// The probability that a request must wait at a dyno (A. K. Erlang, 1917):
//
//	C  = B / (1 − ρ·(1−B)),  B = B_c
//	Bₖ = ρc·Bₖ₋₁ / (k + ρc·Bₖ₋₁),  B₀ = 1
//
//	c   slots of the dyno
//	ρ   their busy share, below 1
//	Bₖ  the probability that a request is lost with k slots if none can wait
func erlangC(slots int, busy float64) float64 {
	offered := busy * float64(slots)
	b := 1.0
	for k := 1; k <= slots; k++ {
		b = offered * b / (float64(k) + offered*b)
	}
	return b / (1 - busy*(1-b))
}

// The largest busy share ρ at which at most one request in 20 waits longer than the threshold, found by bisection:
//
//	C(c, ρ)·e^(−(1−ρ)·bound/τ) = 0.05
//
//	c      slots of a dyno
//	bound  the upper threshold, in seconds
//	τ      the scale of waits, in seconds
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
