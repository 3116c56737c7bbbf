// Package sim is a simulated fleet of dynos on virtual time that the real bot runs against.
//
// Nothing of the bot is made again for it: [Run] calls [bot.Bot.Tick] at every beat, and the bot finds a platform, the
// [World], and a prober that sends heartbeats. In three lines:
//
//	trace, err := sim.ParseTrace(file)
//	result, err := sim.Run(ctx, sim.Options{Demand: trace, Peak: 25, Seed: 1},
//		sim.Bot("count", bot.Options{Interval: 30 * time.Second, Policy: policy}))
//
// [Oracle] drives by perfect knowledge, and the package peers has the policies of others.
//
// # The model
//
// Requests arrive as a Poisson process whose rate is the [Demand], constant within a second: the next one arrives when
// the rate has added up to a number drawn from the exponential law with mean 1. The [Router] chooses a dyno. A dyno has
// c slots and one queue, first come, first served; the time of service is drawn from a [Law] by its mean S and its
// coefficient of variation CV, which is the lognormal law exp(μ + σZ) with σ² = ln(1 + CV²) and μ = ln S − σ²/2 unless
// said otherwise. A request that has waited for the router's timeout is lost, and nobody works on it. While no dyno is
// up, requests wait for the first one that boots; where none is asked for, they are lost at once.
//
// A new dyno serves after a time drawn evenly from the range of boot times, and is billed from the command. Each
// restarts after a day and up to 216 minutes. The newest leave first, and finish what they have. A heartbeat is a
// request of its own small service through the same router and queue; what the bot decides from it comes into force
// when it is back.
//
// Where the router chooses at random and nothing is shared, the time at which a request will be done is known when it
// arrives: each dyno keeps the times at which its slots will be free, and no queue of events is needed. Otherwise, with
// another router or a database that all dynos share, requests are served event by event, with the same draws of chance.
//
// # What it is checked against
//
// With exponential times of service, utilisation ρ and a = cρ, an arrival waits with the probability of Erlang's
// formula
//
//	C(c, a) = (a^c/c!)/(1−ρ) / (Σ_{k<c} a^k/k! + (a^c/c!)/(1−ρ)),
//
// longer than x with P(W > x) = C·exp(−(1−ρ)·c·x/S), and for C·S/(c(1−ρ)) on average. With one slot and any law, the
// mean wait is that of Pollaczek and Khinchine, ρS(1+CV²)/(2(1−ρ)). In overload the wait grows by ρ−1 seconds a second.
// Sources: L. Kleinrock, Queueing Systems, volume 1, 1975; A. Erlang, 1917.
//
// # Dynos that are needed
//
// A rate λ needs ⌈λS/(0.9·c)⌉ dynos: 90 % of their slots are busy then, which for c = 5, S = 100 ms and CV = 1 means a
// 95th percentile of 0.7 s. This is what a peak is scaled by, and what the oracle goes by: it asks for what the largest
// demand within the longest boot and 15 s more needs: of the next 75 s, where a boot takes a minute at most.
package sim
