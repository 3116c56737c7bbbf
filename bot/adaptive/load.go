package adaptive

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Load is what the model knows of the load. It is a plain value that survives as JSON, and is never changed in place.
//
// The queueing model of a heartbeat that a router sends to one of the dynos at random:
//
//	ρ       = A/r
//	P(wait) = C(c, ρ)
//	wait    ~ Exp((1−ρ)/τ)
//	τ       = S·(1+V²)/2c
//
//	A  the load: the dynos that it would keep busy all the time
//	r  dynos that serve
//	ρ  the busy share of a dyno; from 1 on, a backlog grows by ρ−1 seconds a second
//	c  slots of a dyno
//	C  Erlang's formula, see erlangC
//	S  mean time of service
//	V  its coefficient of variation
//	τ  the scale of waits (the approximation of Allen and Cunneen, 1978)
//
// The model knows neither c, nor τ, nor how fast A moves. It keeps 24 guesses, each with a normal distribution of ln A
// and a weight (multiple-model estimation: D. T. Magill, 1965). A tick computes for each
//
//	p(x)  = ((1−q)·N(x; μ, σ²+w²Δ) + q·N(x; μ+leapMean, σ²+w²Δ+leapSpread²)) · L(x)
//	ln W ← ln W + trust·ln ∫p − (1−e^(−Δ/forget))·(ln W − ln W₀)
//
//	x     ln A; the mean and spread of p become μ and σ
//	q     the probability of a leap since the last tick
//	w     how far x wanders in a minute, by the guess
//	Δ     the time since the last tick
//	L     the likelihood of the heartbeats, see likelihood
//	W     the weight; it grows by a part of the evidence, since no guess is exact, and forgets it in hours
//	W₀    the weight before any wait was seen, see prior
type Load struct {
	// At is the time of the last tick, and Dynos the number of dynos then.
	At    time.Time `json:"at"`
	Dynos int       `json:"dynos"`
	// Starts are the newest scale-ups. Their dynos may not serve yet.
	Starts []Start `json:"starts,omitempty"`
	// Mean and Spread are those of ln A by each guess. Weight is the logarithm of the guess's probability relative to
	// the likeliest one.
	Mean   [guesses]float32 `json:"mean"`
	Spread [guesses]float32 `json:"spread"`
	Weight [guesses]float32 `json:"weight"`
	// Backlog is how long the last three heartbeats waited, in seconds, the newest last.
	Backlog [3]float32 `json:"backlog"`
	// Late is the number of newest ticks in a row that were slower than the threshold, and than an idle app.
	Late int `json:"late,omitempty"`
	// Baseline is the latency of heartbeats that do not wait.
	Baseline Baseline `json:"baseline"`
	// Outliers is the share of heartbeats that are slow at any load; 0 before the first heartbeat.
	Outliers float64 `json:"outliers,omitempty"`
	// Needs are the numbers of dynos needed lately, as far as they can still matter. Each is lower than the one before.
	Needs DesiredQueue `json:"needs,omitempty"`
	// HoldTime is the time in seconds for which fewer dynos must have been enough before any is removed. It grows with
	// each scale-down that is taken back. Reversed is the time of the newest of those.
	HoldTime float64   `json:"hold_time"`
	Reversed time.Time `json:"reversed,omitzero"`
	// Router is what is known from the router's log; nil if none was ever read.
	Router *Router `json:"router,omitempty"`
	// LooseSince is the time since which dynos of the next smaller size would have been enough, if a ladder may choose
	// them; zero if they would not be. LooseTrial: no heartbeat has waited for so long that they are worth a trial.
	LooseSince time.Time `json:"loose_since,omitzero"`
	LooseTrial bool      `json:"loose_trial,omitempty"`
}

// A Start is a scale-up: Dynos were added at At. Reported: the platform reports when they serve.
type Start struct {
	At       time.Time `json:"at"`
	Dynos    int       `json:"dynos"`
	Reported bool      `json:"reported,omitempty"`
}

const (
	// leap is the probability that the load leaps in a minute. leapMean and leapSpread are the mean and spread of the
	// leap of ln A.
	leap, leapMean, leapSpread = 0.01, 0.7, 0.5
	// trust is the share of the evidence by which weights grow. They forget most of it in forget seconds.
	trust, forget = 0.1, 2 * 3600.0
	// The longest gap between ticks that counts, in seconds. After that nothing is known anyway.
	longestGap = 600.0
	// Limits of the spread of ln A.
	leastSpread, mostSpread = 0.03, 1.0
	// A wait of more seconds than this counts as a backlog.
	backlogFrom = 0.5
	// Heartbeats that are evaluated in a tick.
	mostBeats = 16
	// Seconds that a heartbeat counts for at most.
	longestBeat = 600.0
	// No weight falls below this, as a logarithm.
	faint = -12
)

// What the heartbeats of a tick say, computed once for all guesses.
type likelihoods struct {
	beats   []beatLikelihood
	median  float64
	backlog float64 // seconds, before this tick
	fresh   float64 // share of the serving dynos that have no backlog yet
	dt      float64
}

// A beatLikelihood is the likelihood of a heartbeat by each cause.
type beatLikelihood struct {
	baseline float64           // without a wait
	outlier  float64           // as an outlier
	waited   [rateBins]float64 // with a wait, by its rate
	queued   [busyBins]float64 // in a backlog, by the busy share
}

func (l *Load) likelihoods(w *queueing, bs []beat, fresh, dt float64) *likelihoods {
	median, spread := l.Baseline.distribution(w.bound)
	s := &likelihoods{
		beats: make([]beatLikelihood, len(bs)), median: median, backlog: middle(l.Backlog),
		fresh: fresh, dt: dt,
	}
	var nodes [5]float64 // quintiles of an idle heartbeat
	for i, z := range [5]float64{-deviationOf80, -0.5244, 0, 0.5244, deviationOf80} {
		nodes[i] = median * math.Exp(z*spread*skewed(z > 0))
	}
	for k, b := range bs {
		v := &s.beats[k]
		v.outlier = max(leastOutliers, l.Outliers) * b.outlier()
		if !b.late {
			sigma := spread * skewed(b.took > median)
			v.baseline = normal(math.Log(b.took/median), sigma) / b.took
		}
		for j, rate := range w.rates {
			v.waited[j] = b.waited(rate, nodes)
		}
		for i, busy := range w.busy {
			if s.deep() || busy >= 1 {
				mean := max(0, s.backlog+(busy-1)*dt)
				v.queued[i] = b.backlogged(median+mean, 0.25*mean+0.15)
			}
		}
	}
	return s
}

// The density of a heartbeat that waits, or, if it was given up, the probability of a longer one:
//
//	f(t) = mean over b < t of λ·e^(−λ(t−b))
//	P(t) = mean over b < t of e^(−λ(t−b))
//
//	t  the time the heartbeat took
//	b  its time without a wait: each value of baseline is equally likely
//	λ  the rate of waits
func (b beat) waited(rate float64, baseline [5]float64) float64 {
	sum := 0.0
	for _, node := range baseline {
		if b.took > node {
			sum += math.Exp(-rate * (b.took - node))
		}
	}
	if !b.late {
		sum *= rate
	}
	return sum / float64(len(baseline))
}

// A backlog is deep if the wait is long for this app, too.
func (s *likelihoods) deep() bool { return s.backlog > max(backlogFrom, 2*s.median) }

func skewed(above bool) float64 {
	if above {
		return baselineSkew
	}
	return 1
}

// The density of a normal distribution of mean 0.
func normal(x, sigma float64) float64 {
	z := x / sigma
	return math.Exp(-z*z/2) / (sigma * math.Sqrt(2*math.Pi))
}

// The density of a heartbeat's time if a backlog makes it N(mean, spread²) seconds, or, if it was given up, the
// probability of a longer one.
func (b beat) backlogged(mean, spread float64) float64 {
	if b.late {
		return math.Erfc((b.took-mean)/spread/math.Sqrt2) / 2
	}
	return normal(b.took-mean, spread)
}

// The likelihood of all beats, and of the first alone, by a guess at the busy share of bin i. For each beat it is
//
//	L = φ·((1−C)·b + C·w) + (1−φ)·q + o
//
//	C        the probability of a wait
//	b, w, q  the beat's likelihood without a wait, with one, and in a backlog
//	o        its likelihood as an outlier
//	φ        the share of the dynos without a backlog, from 0 to 1
func (s *likelihoods) likelihood(w *queueing, g *guess, i int) (all, first float64) {
	all, first = 1, 1
	wait := g.waits[i]
	deep := s.deep()
	for k := range s.beats {
		b := &s.beats[k]
		p := (1-wait.chance)*b.baseline +
			wait.chance*((1-wait.part)*b.waited[wait.rate]+wait.part*b.waited[wait.rate+1])
		if deep || i >= w.full {
			share := s.fresh
			if !deep {
				share = max(share, 0.3) // not all dynos have a backlog at once
			}
			p = share*p + (1-share)*b.queued[i]
		}
		all *= p + b.outlier
		if k == 0 {
			first = all
		}
	}
	return all, first
}

func (l *Load) update(w *queueing, bs []beat, serving, fresh, dt float64) {
	s := l.likelihoods(w, bs, fresh, dt)
	best, expected, total := math.Inf(-1), 0.0, 0.0
	for h := range guesses {
		weight := math.Exp(float64(l.Weight[h]))
		grows, first := l.learn(w, h, s, math.Log(serving))
		l.Weight[h] += float32(grows)
		best = max(best, float64(l.Weight[h]))
		expected += weight * first
		total += weight
	}
	l.learnOutliers(s, expected/total)
	for h := range guesses {
		l.Weight[h] = float32(max(float64(l.Weight[h])-best, faint))
	}
	if len(bs) > 0 {
		took := bs[0].took
		if len(bs) > 1 {
			sorted := slices.Clone(bs)
			slices.SortFunc(sorted, func(a, b beat) int { return cmp.Compare(a.took, b.took) })
			took = sorted[len(sorted)/2].took
		}
		_, spread := l.Baseline.distribution(w.bound)
		l.Backlog = [3]float32{l.Backlog[1], l.Backlog[2], float32(max(0, took-s.median*(1+2*spread)))}
	}
}

// Updates guess h by the formula of [Load]. grows is the change of ln W. expected is the likelihood of the first beat
// by what the guess knew before.
func (l *Load) learn(w *queueing, h int, s *likelihoods, logServing float64) (grows, expected float64) {
	g := &w.of[h]
	mean := float64(l.Mean[h])
	spread := math.Hypot(float64(l.Spread[h]), g.walk*math.Sqrt(s.dt/60))
	leapt, leaptSpread := mean+leapMean, math.Hypot(spread, leapSpread)
	chance := leap * min(1, s.dt/60)
	stays, leaps := (1-chance)/spread, chance/leaptSpread
	var before, one, sum, first, second float64
	for i, x := range w.log {
		x += logServing
		p := stays*w.bell.at((x-mean)/spread) + leaps*w.bell.at((x-leapt)/leaptSpread)
		if p == 0 {
			continue
		}
		all, firstBeat := s.likelihood(w, g, i)
		before += p
		one += p * firstBeat
		p *= all
		sum += p
		first += p * x
		second += p * x * x
	}
	fade := math.Exp(-s.dt / forget)
	back := (g.prior(s.median) - float64(l.Weight[h])) * (1 - fade)
	low, high := w.log[0]+logServing, w.log[busyBins-1]+logServing
	if sum < 1e-280 { // the guess was certain of the impossible
		l.Mean[h] = float32(min(max(mean, low+0.5), high-0.5))
		l.Spread[h] = 0.5
		return back - 5*trust, 0
	}
	m := first / sum
	l.Mean[h] = float32(max(m, low))
	l.Spread[h] = float32(min(mostSpread, max(leastSpread, math.Sqrt(max(0, second/sum-m*m)))))
	return back + trust*math.Log(sum*busyStep), one / before
}

func middle(a [3]float32) float64 {
	return float64(max(min(a[0], a[1]), min(max(a[0], a[1]), a[2])))
}

// The p-quantile of the load in dynos, over all guesses. limited divides each guess's load by the busy share up to
// which it stays below the threshold.
func (l *Load) quantile(w *queueing, p float64, limited bool) float64 {
	var m mixture
	hopeless := limited && l.Baseline.exceeds(w.bound)
	for h := range guesses {
		mean := float64(l.Mean[h])
		if limited {
			mean -= math.Log(w.of[h].limitWhere(hopeless))
		}
		m.add(float64(l.Weight[h]), mean, float64(l.Spread[h]))
	}
	return math.Exp(m.quantile(p))
}

// The busy share up to which a guess stays below the threshold. If an idle app already exceeds it (hopeless), the
// largest share applies, so that backlogs stay short.
func (g *guess) limitWhere(hopeless bool) float64 {
	if hopeless {
		return mostBusy
	}
	return g.limit
}

// The busy share up to which the app stays below the threshold.
func (l *Load) limit(w *queueing) float64 {
	hopeless := l.Baseline.exceeds(w.bound)
	return l.mean(w, func(g *guess) float64 { return g.limitWhere(hopeless) })
}

// τ: seconds that a dyno takes for a request if all its slots are busy.
func (l *Load) scale(w *queueing) float64 {
	return l.mean(w, func(g *guess) float64 { return g.scale })
}

// The weighted mean over all guesses.
func (l *Load) mean(w *queueing, of func(*guess) float64) float64 {
	sum, total := 0.0, 0.0
	for h := range guesses {
		weight := math.Exp(float64(l.Weight[h]))
		sum += weight * of(&w.of[h])
		total += weight
	}
	return sum / total
}
