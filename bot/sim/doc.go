// Package sim is a simulated fleet of dynos on virtual time. The real bot runs against it.
//
// [Run] calls [bot.Bot.Tick] at every interval. The bot's platform is the [World], and its prober sends heartbeats to
// it. In three lines:
//
//	trace, err := sim.ParseTrace(file)
//	result, err := sim.Run(ctx, sim.Options{Demand: trace, Peak: 25, Seed: 1},
//		sim.Bot("count", bot.Options{Interval: 30 * time.Second, Policy: policy}))
//
// [Oracle] drives by perfect knowledge. The package peers has the policies of other autoscalers.
//
// # The model
//
// Requests arrive as a Poisson process whose rate is the [Demand], constant within a second: the next one arrives when
// the rate has added up to a number drawn from the exponential distribution with mean 1. The [Router] chooses a dyno. A
// dyno has c slots and one queue, first come, first served. The time of service is drawn from a [Law] by its mean S and
// its coefficient of variation CV. The default is the lognormal distribution exp(μ + σZ) with σ² = ln(1 + CV²) and μ =
// ln S − σ²/2. A request that has waited for the router's timeout is lost, and no dyno works on it. While no dyno is
// up, requests wait for the first one that boots. If none is booting, they are lost at once.
//
// A new dyno serves after a time drawn uniformly from the range of boot times, and is billed from the command. Each
// dyno restarts after a day and up to 216 minutes. The newest dynos leave first, and finish their requests. A heartbeat
// is a request of its own small service through the same router and queue. The bot's decision takes effect when the
// heartbeat is back.
//
// With a random router and nothing shared, the time at which a request will be done is known when it arrives. Each dyno
// then keeps the times at which its slots become free, and needs no queue of events. With another router, or a database
// that all dynos share, requests are served event by event, with the same random draws.
//
// # Theory that it is tested against
//
// With exponential times of service, utilization ρ and a = cρ, an arrival waits with the probability of Erlang's
// formula
//
//	C(c, a) = (a^c/c!)/(1−ρ) / (Σ_{k<c} a^k/k! + (a^c/c!)/(1−ρ)),
//
// longer than x with P(W > x) = C·exp(−(1−ρ)·c·x/S), and for C·S/(c(1−ρ)) on average. With one slot and any
// distribution, the mean wait is that of Pollaczek and Khinchine, ρS(1+CV²)/(2(1−ρ)). In overload the wait grows by ρ−1
// seconds a second. Sources: L. Kleinrock, Queueing Systems, volume 1, 1975; A. Erlang, 1917.
//
// # Dynos that are needed
//
// A rate λ needs ⌈λS/(0.9·c)⌉ dynos, so that 90 % of their slots are busy. With c = 5, S = 100 ms and CV = 1 the 95th
// percentile is then 0.7 s. Peaks are scaled by this number. The oracle uses it too: it asks for what the largest
// demand within the longest boot and 15 s more needs. If a boot takes a minute at most, that is the next 75 s.
package sim
