package adaptive

import (
	"fmt"
	"math"
)

// An Estimate is what the adaptive policy makes of the heartbeats.
type Estimate struct {
	// Likely is the load in dynos that it would keep busy all the time; 4 times in 5 it is between Low and High.
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
	// Busy is the share of their time, from 0 to 1, that dynos are to be busy at the most.
	Busy float64 `json:"busy"`
	// Need is how many dynos that needs. Most is the largest need of the last HoldSeconds; none below it is removed.
	Need        int     `json:"need"`
	Most        int     `json:"most"`
	HoldSeconds float64 `json:"hold_seconds"`
	// Outliers is the share of heartbeats, from 0 to 1, that take long whatever the load is; 0 where they are few.
	// Beyond says that an app without load takes longer than the bound already.
	Outliers float64 `json:"outliers,omitempty"`
	Beyond   bool    `json:"beyond,omitempty"`
	// Trial says that fewer dynos are tried, since heartbeats that do not wait cannot tell how low the load is.
	Trial bool `json:"trial,omitempty"`
	// RequestsPerSecond is how many are to be served by the router's log, and PerDyno how many of them a dyno bears; 0
	// where there is none.
	RequestsPerSecond float64 `json:"requests_per_second,omitempty"`
	PerDyno           float64 `json:"per_dyno,omitempty"`
	// Shared is how many dynos are kept at the most while more of them were found to serve no more requests; 0 while
	// they were not.
	Shared int `json:"shared,omitempty"`
	// Expected is what raised the wish because former days or weeks needed it; nil where it did not.
	Expected *Expected `json:"expected,omitempty"`
}

// String writes the estimate for people.
func (e *Estimate) String() string {
	if e.Expected != nil {
		return e.present() + "; " + e.Expected.String()
	}
	return e.present()
}

func (e *Estimate) present() string {
	if e.PerDyno > 0 {
		return e.routerText()
	}
	text := fmt.Sprintf("load is about %.1f dynos' worth (%.1f–%.1f); for %.0f %% busy at most that needs %d",
		e.Likely, e.Low, e.High, 100*e.Busy, e.Need)
	text += e.held()
	if e.Outliers > 0 {
		text += fmt.Sprintf("; %.0f %% of the heartbeats are slow whatever the load is", 100*e.Outliers)
	}
	if e.Beyond {
		text += "; no number of dynos keeps to the bound, which an idle app exceeds"
	}
	if e.Trial {
		text += "; no heartbeat has waited for long, so fewer are tried"
	}
	return text
}

func (e *Estimate) goByRouter(m *Model, f *Router) {
	e.RequestsPerSecond, e.PerDyno = round(f.ahead(m.routerAim.margin)), round(m.routerAim.to*f.Capacity.PerDyno)
	e.Need, e.Most = f.dynos(m, m.routerAim.to), f.Needs[0].Dynos
	e.HoldSeconds = math.Round(holdFor.Seconds())
}

func (e *Estimate) routerText() string {
	text := fmt.Sprintf("%s requests/s, about %s a dyno: that needs %d", figure(e.RequestsPerSecond),
		figure(e.PerDyno), e.Need)
	text += e.held()
	if e.Shared > 0 {
		text += fmt.Sprintf(", but more than %d have not served more requests", e.Shared)
	}
	return text
}

func (e *Estimate) held() string {
	if e.Most <= e.Need {
		return ""
	}
	return fmt.Sprintf(", and %d were needed within the last %.0f min", e.Most, math.Ceil(e.HoldSeconds/60))
}

// Expects says whether former days or weeks needed more than so many dynos by now.
func (e *Estimate) Expects(dynos float64) bool {
	return e != nil && e.Expected != nil && float64(e.Expected.Kept) > dynos
}

func figure(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}
