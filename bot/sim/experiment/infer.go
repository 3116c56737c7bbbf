package experiment

import (
	"math"
	"time"
)

// Logarithmic steps of the load, in dynos that it would keep completely busy.
const (
	leastLoad = 0.02
	loadStep  = 0.04
	// usualWalk is how far the logarithm of the load wanders in a minute, as a standard deviation. seldomJumps is the
	// share of the minutes in which it jumps, by jumpScale on average.
	usualWalk   = 0.06
	seldomJumps = 0.04
	jumpScale   = 0.4
	// The share of heartbeats that are slow at any load.
	outliers = 0.005
	// Seconds between heartbeats that are independent: queues change no faster.
	independent = 20.0
	// How far a backlog is corrected by the waits of a minute, which are partly chance.
	follow = 0.5
	// Seconds after which the router gives a request up.
	longestBacklog = 30.0
)

// A Load is the inferred load, by the minute from Start on, in dynos that it would keep completely busy.
type Load struct {
	Start time.Time
	// Low, Middle and High are its 10th, 50th and 90th percentile.
	Low, Middle, High []float64
}

// Infer infers the load from the waits of heartbeats at the dynos that ran. A filter over the logarithm of the load
// goes through the record forwards and backwards. It judges each minute by the distribution of waits in a steady queue,
// and in an overload by the backlog, which grows by ρ−1 seconds a second.
func Infer(r *Record, baseline Baseline, app App) Load {
	f := newFilter(r, baseline, app)
	minutes := f.split(r)
	n := len(minutes)
	out := Load{Start: r.Start(), Low: make([]float64, n), Middle: make([]float64, n), High: make([]float64, n)}
	seen, forward := make([][]float32, n), make([][]float32, n)
	for i, m := range minutes {
		f.step()
		f.observe(m)
		f.weigh()
		seen[i], forward[i] = narrow(f.like), narrow(f.now)
	}
	after := make([]float64, f.bins)
	fill(after, 1)
	for i := n - 1; i >= 0; i-- {
		for j := range f.now {
			f.now[j] = float64(forward[i][j]) * after[j]
		}
		out.Low[i], out.Middle[i], out.High[i] = f.quantile(0.1), f.quantile(0.5), f.quantile(0.9)
		for j := range after {
			after[j] *= float64(seen[i][j])
		}
		f.spread(after)
		normalize(after)
	}
	return out
}

func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func fill(values []float64, v float64) {
	for i := range values {
		values[i] = v
	}
}

// The values sum up to 1 then. If all are 0, they become equal.
func normalize(values []float64) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		fill(values, 1/float64(len(values)))
		return
	}
	for i := range values {
		values[i] /= sum
	}
}

type minute struct {
	waits []waits
	beats int
	// Sums over the heartbeats: serving dynos, waits in seconds, and timeouts.
	dynos, sum float64
	timeouts   int
}

type waits struct {
	serving float64
	bin     int
	times   float64
}

func (m *minute) add(serving float64, bin int, wait, weight float64) {
	m.beats++
	m.dynos += serving
	m.sum += max(0, wait)
	if bin < 0 {
		m.timeouts++
	}
	for i, w := range m.waits {
		if w.serving == serving && w.bin == bin {
			m.waits[i].times += weight
			return
		}
	}
	m.waits = append(m.waits, waits{serving, bin, weight})
}

type filter struct {
	app      App
	baseline Baseline
	boot     time.Duration
	edges    []float64 // of the bins of waits, in seconds
	bins     int
	load     []float64
	// For each load: its probability now, the backlog it would have, and the likelihood of the latest minute.
	now, backlog, like []float64
	walk               []float64 // weights of the usual walk, the middle one first
	dynos              float64
	scratch            []float64
	steady             [][]float64 // chances without a backlog, by the busy share; nil until needed
}

func newFilter(r *Record, baseline Baseline, app App) *filter {
	most := 1
	for _, b := range r.Beats {
		most = max(most, b.Dynos)
	}
	f := &filter{app: app, baseline: baseline, boot: bootOf(r), dynos: 1, steady: make([][]float64, steadySteps*18)}
	f.bins = int(math.Log(4*float64(most)/leastLoad)/loadStep) + 1
	f.load, f.now = make([]float64, f.bins), make([]float64, f.bins)
	f.backlog, f.like, f.scratch = make([]float64, f.bins), make([]float64, f.bins), make([]float64, f.bins)
	for i := range f.load {
		f.load[i] = leastLoad * math.Exp(loadStep*float64(i))
	}
	fill(f.now, 1/float64(f.bins))
	sum := 0.0
	for k := 0; k <= 5; k++ {
		x := float64(k) * loadStep / usualWalk
		f.walk = append(f.walk, math.Exp(-x*x/2))
		sum += f.walk[k]
		if k > 0 {
			sum += f.walk[k]
		}
	}
	for k := range f.walk {
		f.walk[k] /= sum
	}
	// Below the first edge, a heartbeat may take that long without a wait.
	first := min(10, max(0.05, (baseline.HighMS-baseline.MedianMS)/1000))
	for x := first; x < 20; x *= 2 {
		f.edges = append(f.edges, x)
	}
	return f
}

// The time in which a new dyno is assumed not to serve.
func bootOf(r *Record) time.Duration {
	if r.Boot > 0 {
		return max(r.Boot/2, r.Boot-r.Interval())
	}
	return 40 * time.Second
}

// A minute without beats stays empty.
func (f *filter) split(r *Record) []minute {
	n := int(r.End().Sub(r.Start()) / time.Minute)
	out := make([]minute, n)
	weight := min(1, r.Interval().Seconds()/independent)
	for i, b := range r.Beats {
		serving := b.Dynos
		for j := i - 1; j >= 0 && b.Time.Sub(r.Beats[j].Time) < f.boot; j-- {
			serving = min(serving, r.Beats[j].Dynos)
		}
		out[int(b.Time.Sub(r.Start())/time.Minute)].add(float64(serving), f.binOf(b),
			(b.MS-f.baseline.MedianMS)/1000, weight)
	}
	return out
}

// The bin of a heartbeat's wait. A negative bin is that of a timeout, whose wait is at least that long.
func (f *filter) binOf(b Beat) int {
	wait := (b.MS - f.baseline.MedianMS) / 1000
	k := 0
	for k < len(f.edges) && wait >= f.edges[k] {
		k++
	}
	if b.TimedOut {
		return -max(1, k)
	}
	return k
}

// A minute passes: the load wanders, and backlogs grow or shrink with the dynos that served last.
func (f *filter) step() {
	for i := range f.backlog {
		f.backlog[i] *= f.now[i]
	}
	f.spread(f.backlog)
	f.spread(f.now)
	for i := range f.backlog {
		f.backlog[i] = f.backlog[i] / max(f.now[i], 1e-300)
	}
	normalize(f.now)
}

// A likelihood wanders: usually a little, seldom far.
func (f *filter) spread(p []float64) {
	n := len(p)
	near := f.scratch
	for i := range p {
		sum := f.walk[0] * p[i]
		for k := 1; k < len(f.walk); k++ {
			sum += f.walk[k] * (p[max(0, i-k)] + p[min(n-1, i+k)])
		}
		near[i] = sum
	}
	// A two-sided exponential distribution, by running sums to the right and to the left.
	const keep = 1 - loadStep/jumpScale
	const weight = (1 - keep) / (1 + keep)
	right := 0.0
	for i := range p {
		right = keep*right + p[i]
		near[i] = (1-seldomJumps)*near[i] + seldomJumps*weight*right
	}
	left := 0.0
	for i := n - 1; i >= 0; i-- {
		near[i] += seldomJumps * weight * left
		left = keep * (left + p[i])
	}
	copy(p, near)
}

// Computes the likelihood of a minute for each load, and lets the backlogs grow through it.
func (f *filter) observe(m minute) {
	if m.beats > 0 {
		f.dynos = m.dynos / float64(m.beats)
	}
	best := math.Inf(-1)
	for i, load := range f.load {
		growth := 60 * (load/f.dynos - 1)
		mid := hold(f.backlog[i] + growth/2)
		f.backlog[i] = hold(f.backlog[i] + growth)
		f.like[i] = 0
		for _, w := range m.waits {
			f.like[i] += w.times * f.chance(w.bin, load/w.serving, mid)
		}
		best = max(best, f.like[i])
	}
	if m.beats > 0 {
		waited := m.sum / float64(m.beats)
		for i, b := range f.backlog {
			if b > 0.1 && (waited > b || 2*m.timeouts < m.beats) { // a timeout is only a lower limit of the wait
				f.backlog[i] += follow * (waited - b)
			}
		}
	}
	for i := range f.like {
		f.like[i] = math.Exp(f.like[i] - best)
	}
}

func hold(backlog float64) float64 { return min(longestBacklog, max(0, backlog)) }

func (f *filter) weigh() {
	for i := range f.now {
		f.now[i] *= f.like[i]
	}
	normalize(f.now)
}

// The logarithm of the probability of a bin of waits.
func (f *filter) chance(bin int, busy, backlog float64) float64 {
	if backlog >= 0.1 || busy > 2 {
		return f.chances(busy, backlog)[f.place(bin)]
	}
	key := max(0, int((math.Log(busy)+17)*steadySteps))
	if f.steady[key] == nil {
		f.steady[key] = f.chances(math.Exp((float64(key)+0.5)/steadySteps-17), 0)
	}
	return f.steady[key][f.place(bin)]
}

// Steps of the busy share to a factor of e.
const steadySteps = 50

// The index of a bin in chances. A negative bin stands for itself and all above it.
func (f *filter) place(bin int) int {
	if bin < 0 {
		return len(f.edges) + 1 - bin
	}
	return bin
}

// The logarithms of the probabilities of each bin, followed by those of each bin and all above it.
func (f *filter) chances(busy, backlog float64) []float64 {
	n := len(f.edges) + 1
	out := make([]float64, 2*n)
	above := 1.0 // the probability of a bin and all above it
	for k := range n {
		next := 0.0
		if k < len(f.edges) {
			outlier := outliers * (1 - float64(k+1)/float64(n+1))
			next = outlier + (1-outliers)*f.app.tail(busy, backlog, f.edges[k])
		}
		out[k], out[n+k] = math.Log(max(1e-6, above-next)), math.Log(max(1e-6, above))
		above = next
	}
	return out
}

// The q-quantile of the load.
func (f *filter) quantile(q float64) float64 {
	sum := 0.0
	for _, p := range f.now {
		sum += p
	}
	want, part := q*sum, 0.0
	for i, p := range f.now {
		part += p
		if part >= want {
			return f.load[i]
		}
	}
	return f.load[len(f.load)-1]
}
