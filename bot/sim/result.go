package sim

import (
	"math"
	"time"
)

// A Result is the outcome of a simulation. Percentages are from 0 to 100.
type Result struct {
	// Policy is the driver's name.
	Policy string `json:"policy"`
	Seed   uint64 `json:"seed"`
	// Hours is the simulated time.
	Hours float64 `json:"hours"`
	// Requests is the number of requests, without heartbeats.
	Requests uint64 `json:"requests"`
	// SlowMinutesPercent is the share of the minutes in which more than one request in 20 was answered later than the
	// threshold, or lost: whose 95th percentile of response times was above the threshold. A request belongs to the
	// minute in which it arrived. A minute without requests is not slow.
	SlowMinutesPercent float64 `json:"slow_minutes_percent"`
	// SlowRequestsPercent is the share of the requests that were answered later than the threshold, or lost.
	SlowRequestsPercent float64 `json:"slow_requests_percent"`
	// LostPercent is the share of the requests that the router gave up, or for which there was no dyno.
	LostPercent float64 `json:"lost_percent"`
	// DynoHours are billed from the command that adds a dyno to the command that removes it.
	DynoHours float64 `json:"dyno_hours"`
	// Dollars is their price, 0 without a price.
	Dollars float64 `json:"dollars"`
	// OracleRatio is DynoHours divided by the oracle's.
	OracleRatio float64 `json:"oracle_ratio"`
	// The changes in each direction. Flips are changes in the other direction than the one before, less than 10 minutes
	// after it.
	Ups   int `json:"ups"`
	Downs int `json:"downs"`
	Flips int `json:"flips"`
	// Elasticity compares the supply of dynos with the demand.
	Elasticity Elasticity `json:"elasticity"`
	// Minutes are all minutes in order.
	Minutes []Minute `json:"minutes,omitempty"`
}

// Elasticity has the metrics of the SPEC Cloud Group, all in per cent; smaller is better. With d dynos demanded and s
// supplied (those that serve) over the time T:
//
//	θ_U = 100/T · Σ max(d−s, 0)/d · Δt    how much is missing
//	θ_O = 100/T · Σ max(s−d, 0)/d · Δt    how much is too much
//	τ_U = 100/T · Σ [s < d] · Δt          how long something is missing
//	τ_O = 100/T · Σ [s > d] · Δt          how long something is too much
//	υ   = 100/T · Σ min(|sgn Δs − sgn Δd|, 1) · Δt
//
// Δt is a second, or a minute for the instability υ. Sources: N. Herbst et al., "Ready for Rain? A View from SPEC
// Research on the Future of Cloud Metrics", 2016; A. Bauer et al., "Chameleon", 2018.
type Elasticity struct {
	UnderAccuracy  float64 `json:"under_accuracy_percent"`
	OverAccuracy   float64 `json:"over_accuracy_percent"`
	UnderTimeshare float64 `json:"under_timeshare_percent"`
	OverTimeshare  float64 `json:"over_timeshare_percent"`
	Instability    float64 `json:"instability_percent"`
}

// A Minute is a minute of a simulation.
type Minute struct {
	// Requests is the number that arrived. Slow of them were answered later than the threshold, and Lost were not
	// answered.
	Requests uint64 `json:"requests"`
	Slow     uint64 `json:"slow"`
	Lost     uint64 `json:"lost"`
	// P50 and P95 are percentiles of the response times in milliseconds, accurate to 2 %. They are the router's timeout
	// if they are above it or among the lost.
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	// Dynos is the number asked for at the end of the minute, and Up the number that serves. Needed is what the demand
	// of its last second needs, and Oracle what the oracle asks for.
	Dynos  int `json:"dynos"`
	Up     int `json:"up"`
	Needed int `json:"needed"`
	Oracle int `json:"oracle"`
}

// IsSlow says whether the 95th percentile of the minute's response times is above the threshold.
func (m Minute) IsSlow() bool { return 20*(m.Slow+m.Lost) > m.Requests }

// Seconds.
const flipTime = 10 * 60

type changes struct {
	ups, downs, flips int
	last              int // +1 or −1, 0 before the first
	lastAt            float64
}

func (c *changes) add(at float64, from, to int) {
	direction := sign(to - from)
	switch direction {
	case 0:
		return
	case 1:
		c.ups++
	default:
		c.downs++
	}
	if c.last == -direction && at-c.lastAt < flipTime {
		c.flips++
	}
	c.last, c.lastAt = direction, at
}

type accounts struct {
	timeout          float64
	minutes          []Minute
	slow             int
	requests         uint64
	late, lost       uint64
	under, over      float64
	underFor, overAt int
	unstable         int
	seconds          int
	oracleSeconds    float64
}

// d is the number of dynos needed, and s the number that serves.
func (a *accounts) second(d, s int) {
	a.seconds++
	switch {
	case s < d:
		a.under += float64(d-s) / float64(d)
		a.underFor++
	case s > d:
		a.over += float64(s-d) / float64(d)
		a.overAt++
	}
}

func (a *accounts) minuteEnds(m Minute) {
	if n := len(a.minutes); n > 0 {
		before := a.minutes[n-1]
		if sign(m.Up-before.Up) != sign(m.Needed-before.Needed) {
			a.unstable++
		}
	}
	a.minutes = append(a.minutes, m)
}

func (a *accounts) answers(i int, from *minute) {
	if i >= len(a.minutes) {
		return
	}
	lost := from.arrived - from.taken
	m := &a.minutes[i]
	m.Requests, m.Slow, m.Lost = from.arrived, from.taken-from.inTime, lost
	unanswered := from.arrived - from.response.count()
	m.P50 = 1000 * min(a.timeout, from.response.quantile(0.50, unanswered))
	m.P95 = 1000 * min(a.timeout, from.response.quantile(0.95, unanswered))
	a.requests += m.Requests
	a.late += m.Slow
	a.lost += lost
	if m.IsSlow() {
		a.slow++
	}
}

func (a *accounts) result(length time.Duration, billed float64, c *changes) Result {
	total := float64(a.seconds)
	r := Result{
		Hours: length.Hours(), Requests: a.requests,
		SlowMinutesPercent:  percent(float64(a.slow), float64(len(a.minutes))),
		SlowRequestsPercent: percent(float64(a.late+a.lost), float64(a.requests)),
		LostPercent:         percent(float64(a.lost), float64(a.requests)),
		DynoHours:           billed / 3600,
		Ups:                 c.ups, Downs: c.downs, Flips: c.flips,
		Elasticity: Elasticity{
			UnderAccuracy: percent(a.under, total), OverAccuracy: percent(a.over, total),
			UnderTimeshare: percent(float64(a.underFor), total), OverTimeshare: percent(float64(a.overAt), total),
			Instability: percent(float64(a.unstable), float64(len(a.minutes)-1)),
		},
		Minutes: a.minutes,
	}
	if a.oracleSeconds > 0 {
		r.OracleRatio = billed / a.oracleSeconds
	}
	return r
}

func percent(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * part / whole
}

func sign(n int) int {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}

// Hours in a month for prices: Heroku bills by the second, up to a monthly price of 720 hours
// (https://devcenter.heroku.com/articles/usage-and-billing).
const hoursAMonth = 720

func dollars(dynoHours, price float64) float64 {
	return math.Round(dynoHours*price/hoursAMonth*100) / 100
}
