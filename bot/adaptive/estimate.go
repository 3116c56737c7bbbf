package adaptive

import (
	"fmt"
	"math"
)

// An Estimate is the load that the adaptive policy infers, and the dynos that it needs.
type Estimate struct {
	// Likely is the load as the number of dynos that it would keep busy all the time. With a probability of 80 % it is
	// between Low and High.
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
	// Busy is the maximum busy share to aim at, from 0 to 1.
	Busy float64 `json:"busy"`
	// Need is the number of dynos for that. Most is the largest Need of the last HoldSeconds: no dyno below it is
	// removed.
	Need        int     `json:"need"`
	Most        int     `json:"most"`
	HoldSeconds float64 `json:"hold_seconds"`
	// Outliers is the share of heartbeats, from 0 to 1, that are slow at any load; 0 if there are few. Beyond: the idle
	// app already takes longer than the threshold.
	Outliers float64 `json:"outliers,omitempty"`
	Beyond   bool    `json:"beyond,omitempty"`
	// Trial: fewer dynos are tried, because heartbeats that do not wait cannot show how low the load is.
	Trial bool `json:"trial,omitempty"`
	// RequestsPerSecond is the load by the router's log, and PerDyno the capacity of a dyno in requests/s. Both are 0
	// without a log.
	RequestsPerSecond float64 `json:"requests_per_second,omitempty"`
	PerDyno           float64 `json:"per_dyno,omitempty"`
	// Shared limits the dynos if more of them were found to serve no more requests; 0 for no limit.
	Shared int `json:"shared,omitempty"`
	// Expected is what former days or weeks needed, if that raised the desired number; else nil.
	Expected *Expected `json:"expected,omitempty"`
}

// String is Text for dynos.
func (e *Estimate) String() string { return e.Text("dyno", "dynos") }

// Text describes the estimate in a clause or two, for reasons of decisions, with the platform's words for one dyno and
// for many.
func (e *Estimate) Text(one, many string) string {
	if e.Expected != nil {
		return e.present(one, many) + "; " + e.Expected.String()
	}
	return e.present(one, many)
}

func (e *Estimate) present(one, many string) string {
	if e.PerDyno > 0 {
		return e.routerText(one, many)
	}
	text := fmt.Sprintf("the load keeps about %.1f %s busy (%.1f–%.1f); at %.0f %% busy it needs %d",
		e.Likely, many, e.Low, e.High, 100*e.Busy, e.Need)
	text += e.held()
	if e.Outliers > 0 {
		text += fmt.Sprintf("; %.0f %% of the heartbeats are slow at any load", 100*e.Outliers)
	}
	if e.Beyond {
		text += "; no number of " + many + " is enough, since an idle app already takes longer than the threshold"
	}
	if e.Trial {
		text += "; no heartbeat has waited for a long time, so the bot tries fewer"
	}
	return text
}

func (e *Estimate) goByRouter(m *Model, f *Router) {
	e.RequestsPerSecond, e.PerDyno = round(f.ahead(m.routerAim.margin)), round(m.routerAim.to*f.Capacity.PerDyno)
	e.Need, e.Most = f.dynos(m, m.routerAim.to), f.Needs[0].Dynos
	e.HoldSeconds = math.Round(holdFor.Seconds())
}

func (e *Estimate) routerText(one, many string) string {
	text := fmt.Sprintf("%s requests/s, about %s per %s: the load needs %d", figure(e.RequestsPerSecond),
		figure(e.PerDyno), one, e.Need)
	text += e.held()
	if e.Shared > 0 {
		text += fmt.Sprintf("; more than %d %s did not serve more requests", e.Shared, many)
	}
	return text
}

func (e *Estimate) held() string {
	if e.Most <= e.Need {
		return ""
	}
	if e.HoldSeconds < 60 {
		return fmt.Sprintf("; it needed %d within the last %.0f s", e.Most, e.HoldSeconds)
	}
	return fmt.Sprintf("; it needed %d within the last %.0f min", e.Most, math.Ceil(e.HoldSeconds/60))
}

// Expects says whether former days or weeks needed more than this number of dynos at this hour.
func (e *Estimate) Expects(dynos float64) bool {
	return e != nil && e.Expected != nil && float64(e.Expected.Kept) > dynos
}

func figure(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}
