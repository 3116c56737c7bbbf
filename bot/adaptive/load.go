package adaptive

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Load is what the model knows of the load: a plain value that survives as JSON, and is never changed in place.
//
// The queueing model, of a heartbeat that a router sends to one of the dynos at random:
//
//	ρ       = A/r
//	P(wait) = C(c, ρ)
//	wait    ~ Exp((1−ρ)/τ)
//	τ       = S·(1+V²)/2c
//
//	A  the load, in dynos that it would keep busy all the time
//	r  dynos that serve
//	ρ  the share of the time that a dyno is busy; from 1 on a backlog grows by ρ−1 seconds a second
//	c  slots of a dyno
//	C  Erlang's formula, see erlangC
//	S  mean time of service
//	V  its coefficient of variation
//	τ  the scale of waits (the approximation of Allen and Cunneen, 1978)
//
// Neither c nor τ is known, nor how fast A moves. So 24 guesses are kept in view, each with a normal distribution of ln
// A and a weight (multiple-model estimation: D. T. Magill, 1965). A tick takes for each
//
//	p(x)  = ((1−q)·N(x; μ, σ²+w²Δ) + q·N(x; μ+leapMean, σ²+w²Δ+leapSpread²)) · L(x)
//	ln W ← ln W + trust·ln ∫p − (1−e^(−Δ/forget))·(ln W − ln W₀)
//
//	x     ln A; the mean and spread of p become μ and σ
//	q     the chance of a leap since the last tick
//	w     how far x wanders in a minute, by the guess
//	Δ     the time since the last tick
//	L     how likely the heartbeats are, see likelihood
//	W     the weight: it grows by a part of the evidence only, since no guess is quite right, and forgets it in hours
//	W₀    the weight before any wait was seen, see prior
type Load struct {
	// At is when a tick last took it further, and Dynos how many there were.
	At    time.Time `json:"at"`
	Dynos int       `json:"dynos"`
	// Starts are the newest ups, whose dynos may not serve yet.
	Starts []Start `json:"starts,omitempty"`
	// Mean and Spread are those of ln A by each guess, Weight the logarithm of how likely the guess is in relation to
	// the likeliest.
	Mean   [guesses]float32 `json:"mean"`
	Spread [guesses]float32 `json:"spread"`
	Weight [guesses]float32 `json:"weight"`
	// Backlog is how long the newest heartbeats waited, in seconds, the newest last.
	Backlog [3]float32 `json:"backlog"`
	// Late counts the newest ticks in a row that were slower than the bound, and than an idle app.
	Late int `json:"late,omitempty"`
	// Baseline is how long a heartbeat takes that does not wait.
	Baseline Baseline `json:"baseline"`
	// Outliers is the share of heartbeats that take long whatever the load is, 0 before the first.
	Outliers float64 `json:"outliers,omitempty"`
	// Needs are the numbers of dynos that were needed lately, as far as they can still matter: each is lower than the
	// one before it.
	Needs DesiredQueue `json:"needs,omitempty"`
	// HoldTime is for how many seconds fewer dynos must have been enough before any is removed. It grows with each
	// scale-down that had to be taken back, of which the newest was at Reversed.
	HoldTime float64   `json:"hold_time"`
	Reversed time.Time `json:"reversed,omitzero"`
	// Router is what is known from the router's log, nil where none was ever read.
	Router *Router `json:"router,omitempty"`
	// LooseSince is since when dynos of the next smaller size would have done, where an order may choose them; zero
	// where they would not. LooseTrial says that no heartbeat has waited for so long that they are worth a trial.
	LooseSince time.Time `json:"loose_since,omitzero"`
	LooseTrial bool      `json:"loose_trial,omitempty"`
}

// A Start is a scale-up: at At so many dynos were added. Reported says that the platform tells when they serve.
type Start struct {
	At       time.Time `json:"at"`
	Dynos    int       `json:"dynos"`
	Reported bool      `json:"reported,omitempty"`
}

const (
	// leap is the chance that the load leaps in a minute, and leapMean and leapSpread are mean and spread of how far ln
	// A does.
	leap, leapMean, leapSpread = 0.01, 0.7, 0.5
	// trust is the share of the evidence that weights grow by, and forget the seconds in which they forget most of it.
	trust, forget = 0.1, 2 * 3600.0
	// longestGap bounds the seconds by which a load is moved on: after that nothing is known anyway.
	longestGap = 600.0
	// A load is known to within leastSpread at best and mostSpread at worst.
	leastSpread, mostSpread = 0.03, 1.0
	// A wait of more than backlogFrom seconds is taken for a backlog.
	backlogFrom = 0.5
	// mostBeats bounds the heartbeats of a tick that are looked at.
	mostBeats = 16
	// longestBeat bounds how many seconds a heartbeat takes.
	longestBeat = 600.0
	// faint is the weight, as a logarithm, below which a guess is kept no further down.
	faint = -12
)

// likelihoods are what the beats of a tick say, in the form in which each guess is asked about it.
type likelihoods struct {
	beats   []beatLikelihood
	median  float64
	backlog float64 // in seconds, before this tick
	fresh   float64 // the share of the dynos that serve that have no backlog yet
	dt      float64
}

// A beatLikelihood is how likely a beat is by each cause.
type beatLikelihood struct {
	baseline float64           // without a wait
	outlier  float64           // whatever the load is
	waited   [rateBins]float64 // with a wait, by its rate
	queued   [busyBins]float64 // in a backlog, by the busy share, as far as there is one
}

func (l *Load) likelihoods(w *queueing, bs []beat, fresh, dt float64) *likelihoods {
	median, spread := l.Baseline.distribution(w.bound)
	s := &likelihoods{
		beats: make([]beatLikelihood, len(bs)), median: median, backlog: middle(l.Backlog),
		fresh: fresh, dt: dt,
	}
	var nodes [5]float64 // of an idle heartbeat, each for a fifth of them
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

// waited says how likely a beat is that waits, or where it was given up the chance of more:
//
//	f(t) = mean over b < t of λ·e^(−λ(t−b))
//	P(t) = mean over b < t of e^(−λ(t−b))
//
//	t  what the beat took
//	b  what it takes without a wait: each of baseline is as likely
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

// deep says whether there is a backlog: a wait that is long for this app, too.
func (s *likelihoods) deep() bool { return s.backlog > max(backlogFrom, 2*s.median) }

func skewed(above bool) float64 {
	if above {
		return baselineSkew
	}
	return 1
}

// normal is the density of a normal distribution of mean 0.
func normal(x, sigma float64) float64 {
	z := x / sigma
	return math.Exp(-z*z/2) / (sigma * math.Sqrt(2*math.Pi))
}

// backlogged says how likely a beat is where a backlog makes it take N(mean, spread²) seconds, or where it was given up
// the chance of more.
func (b beat) backlogged(mean, spread float64) float64 {
	if b.late {
		return math.Erfc((b.took-mean)/spread/math.Sqrt2) / 2
	}
	return normal(b.took-mean, spread)
}

// likelihood says how likely the beats are by a guess, at the busy share of bin i: all of them, and the first alone. Of
// a beat it is
//
//	L = φ·((1−C)·b + C·w) + (1−φ)·q + o
//
//	C        the chance of a wait
//	b, w     how likely it is without a wait, and with one
//	q        in a backlog
//	o        as an outlier, whatever the load is
//	φ        the share of the dynos without a backlog: 1 where there is none
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

// learn moves guess h on by the formula of [Load]. It returns by how much ln W grows, and how likely the first beat was
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
	if sum < 1e-280 { // it was sure of what cannot be
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

// quantile returns what a share p of all that is likely does not exceed: the load in dynos, divided where limited by
// the busy share up to which each guess keeps to the bound.
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

// limitWhere is the busy share up to which the app keeps to the bound, by a guess. It is hopeless to keep to one that
// an app without load exceeds: then dynos are to be no busier than the largest limit, so that what comes on top is
// short.
func (g *guess) limitWhere(hopeless bool) float64 {
	if hopeless {
		return mostBusy
	}
	return g.limit
}

// limit is the busy share up to which the app keeps to the bound.
func (l *Load) limit(w *queueing) float64 {
	hopeless := l.Baseline.exceeds(w.bound)
	return l.mean(w, func(g *guess) float64 { return g.limitWhere(hopeless) })
}

// scale is τ: how many seconds a dyno takes for a request, all its slots being busy.
func (l *Load) scale(w *queueing) float64 {
	return l.mean(w, func(g *guess) float64 { return g.scale })
}

// mean is the weighted mean over all guesses.
func (l *Load) mean(w *queueing, of func(*guess) float64) float64 {
	sum, total := 0.0, 0.0
	for h := range guesses {
		weight := math.Exp(float64(l.Weight[h]))
		sum += weight * of(&w.of[h])
		total += weight
	}
	return sum / total
}
