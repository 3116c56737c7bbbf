package decide

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Evidence is the evidence for more dynos. A safeguard that needs more evidence checks it here, whatever the rule.
type Evidence struct {
	// By is the source: [ByHeartbeat], [ByRouterLog], [ByPast], or the name of the rule in a [Judged] or a [Breached].
	By string `json:"by"`
	// Times is the number of readings in a row that asked for more dynos, and Seconds the time since the first.
	Times   int     `json:"times"`
	Seconds float64 `json:"seconds"`
	// Again and AgainSeconds are the additional readings and the time that make twice the evidence; 0 for the one that
	// does not matter to the rule.
	Again        int     `json:"again,omitempty"`
	AgainSeconds float64 `json:"again_seconds,omitempty"`
}

// The sources of evidence other than signals and scaling rules.
const (
	ByHeartbeat = "heartbeat"
	ByRouterLog = "router log"
	ByPast      = "former days"
)

// Twice reports whether there is twice the evidence that the rule needs.
func (e *Evidence) Twice() bool { return e.Times > e.Again && e.Seconds >= e.AgainSeconds }

// Missing describes what is left until twice the evidence: "2 more readings".
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

// Asking is the time for which a rule has asked for more dynos than the present number.
type Asking struct {
	Rule  string    `json:"rule"`
	Since time.Time `json:"since"`
	Times int       `json:"times"`
}

// With stands, a rule that does not ask now keeps its evidence, but gains none. s.Asking is copied, since copies of the
// state share it.
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

// One answer of the load model counts as much as the readings that the counting policy needs.
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

// A request is what one rule asks for. held means that a safeguard needs more evidence.
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
