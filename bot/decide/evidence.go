package decide

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Evidence is what a rule rests on that asks for more dynos. A safeguard that wants more of it looks here, whatever the
// rule is.
type Evidence struct {
	// By is what asks: [ByHeartbeat], [ByRouterLog], [ByPast], or the rule as a [Judged] or a [Breached] names it.
	By string `json:"by"`
	// Times is at how many readings in a row it has asked for more, this one included, and Seconds for how long.
	Times   int     `json:"times"`
	Seconds float64 `json:"seconds"`
	// Again and AgainSeconds are how many readings more and how long the rule must ask to have twice the evidence that
	// made it ask at first; 0 where the other of the two decides.
	Again        int     `json:"again,omitempty"`
	AgainSeconds float64 `json:"again_seconds,omitempty"`
}

// What asks for more dynos beside signals and scaling rules.
const (
	ByHeartbeat = "heartbeat"
	ByRouterLog = "router log"
	ByPast      = "former days"
)

// Twice says whether there is twice the evidence that the rule needs to ask for more.
func (e *Evidence) Twice() bool { return e.Times > e.Again && e.Seconds >= e.AgainSeconds }

// Missing says what twice the evidence takes yet.
func (e *Evidence) Missing() string {
	if e.AgainSeconds > 0 {
		return fmt.Sprintf("%.0f s more", math.Ceil(e.AgainSeconds-e.Seconds))
	}
	if n := e.Again + 1 - e.Times; n != 1 {
		return fmt.Sprintf("%d more readings", n)
	}
	return "1 more reading"
}

func (d *Decision) by() string {
	if d.Evidence == nil {
		return ""
	}
	return d.Evidence.By
}

// Asking is how long a rule has asked for more dynos of the present number.
type Asking struct {
	Rule  string    `json:"rule"`
	Since time.Time `json:"since"`
	Times int       `json:"times"`
}

// ask notes whether a rule asks for more dynos at now. Where it does not, stands keeps what it asked before: its
// evidence still holds, but this reading adds nothing to it. It never changes the slice that a copy of the state
// shares.
func (s *State) ask(rule string, now time.Time, asks, stands bool) {
	i := slices.IndexFunc(s.Asking, func(a Asking) bool { return a.Rule == rule })
	switch {
	case asks && i < 0:
		s.Asking = append(slices.Clip(s.Asking), Asking{rule, now, 1})
	case asks:
		s.Asking = slices.Clone(s.Asking)
		s.Asking[i].Times++
	case i >= 0 && !stands:
		s.Asking = slices.Delete(slices.Clone(s.Asking), i, i+1)
	}
	if len(s.Asking) == 0 {
		s.Asking = nil
	}
}

func (s *State) evidence(rule string, now time.Time) *Evidence {
	e := &Evidence{By: rule, Times: 1}
	for _, a := range s.Asking {
		if a.Rule == rule {
			e.Times, e.Seconds = a.Times, max(0, now.Sub(a.Since).Seconds())
		}
	}
	return e
}

// beatEvidence notes whether the heartbeat, or the load model, asks for more, and with which evidence. One answer of
// the load model counts as much as the readings that the counting policy wants.
func (p *Policy) beatEvidence(st *State, d *Decision, now time.Time) {
	asks := d.Desired > d.From
	stands := d.Verdict == NoData || p.Adaptive == nil && p.Fails.stands(st.Slow)
	st.ask(ByHeartbeat, now, asks, stands)
	if asks {
		d.Evidence = st.evidence(ByHeartbeat, now)
		d.Evidence.By, d.Evidence.Again = p.source(st, d, now), p.Fails.N
	}
}

func (p *Policy) source(st *State, d *Decision, now time.Time) string {
	switch {
	case d.Load != nil && d.Load.Expected != nil:
		return ByPast
	case d.Rule == RuleMoreLoad && p.Adaptive != nil && p.Adaptive.MoreByRouter(st.Load, now, d.From):
		return ByRouterLog
	}
	return ByHeartbeat
}

func (r *SignalRule) evidence(st *State, j *Judged, now time.Time) *Evidence {
	e := st.evidence(r.key(), now)
	if j.WindowSeconds > 0 {
		e.AgainSeconds = j.WindowSeconds
	} else {
		e.Again = max(1, j.Needed)
	}
	return e
}

// A request is what one rule asks for, and held says that a safeguard is against its evidence.
type request struct {
	rule     Rule
	desired  int
	evidence *Evidence
	held     bool
}

func (r request) prevails(other request) bool {
	if r.held != other.held {
		return other.held
	}
	return r.desired > other.desired
}
