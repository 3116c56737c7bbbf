package experiment

import "math"

// An App is the capacity of a dyno: it works on Slots requests at once, each for Seconds on average.
type App struct {
	Slots   int
	Seconds float64
}

// The probability that a request finds all slots busy, if a share busy of them is on average: Erlang's formula C, by
// the recursion for B (see the package sim).
func (a App) erlang(busy float64) float64 {
	load := busy * float64(a.Slots)
	b := 1.0
	for k := 1; k <= a.Slots; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return b / (1 - busy*(1-b))
}

// Above this busy share waits come from a backlog, which never becomes steady.
const steadyBusy = 0.98

// The probability that a request waits longer than seconds, at a busy share and with a backlog in seconds. Without a
// backlog it is that of the steady queue; with a long one, a normal distribution around the backlog.
func (a App) tail(busy, backlog, seconds float64) float64 {
	steady := min(busy, steadyBusy)
	p := a.erlang(steady) * math.Exp(-(1-steady)*float64(a.Slots)*seconds/a.Seconds)
	const none, long = 0.1, 0.5
	part := min(1, max(0, (backlog-none)/(long-none)))
	if part == 0 {
		return p
	}
	// Each dyno has its own backlog: the random router does not give them equal loads.
	spread := 0.25*backlog + 0.15
	return (1-part)*p + part*0.5*math.Erfc((seconds-backlog)/spread/math.Sqrt2)
}
