package experiment

import "math"

// An App is what a dyno can do: it works on Slots requests at once, each for Seconds on average.
type App struct {
	Slots   int
	Seconds float64
}

// erlang is the probability that a request finds all slots busy, where a share busy of them is on average: Erlang's
// formula C, by the recursion for B (see the package sim).
func (a App) erlang(busy float64) float64 {
	load := busy * float64(a.Slots)
	b := 1.0
	for k := 1; k <= a.Slots; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return b / (1 - busy*(1-b))
}

// steadyBusy is the share of busy slots above which waits are taken for a backlog's, which never becomes steady.
const steadyBusy = 0.98

// tail is the probability that a request waits for longer than so many seconds, where a share busy of the slots is
// wanted and there is a backlog of so many seconds: that of the steady queue where there is none, and a normal law
// around the backlog where that is long.
func (a App) tail(busy, backlog, seconds float64) float64 {
	steady := min(busy, steadyBusy)
	p := a.erlang(steady) * math.Exp(-(1-steady)*float64(a.Slots)*seconds/a.Seconds)
	const none, long = 0.1, 0.5
	part := min(1, max(0, (backlog-none)/(long-none)))
	if part == 0 {
		return p
	}
	// Each dyno has a backlog of its own: what the random router gives it differs.
	spread := 0.25*backlog + 0.15
	return (1-part)*p + part*0.5*math.Erfc((seconds-backlog)/spread/math.Sqrt2)
}
