package decide

import "time"

// An Outcome is a platform's answer to a change of the number or the size of the dynos.
type Outcome string

const (
	// Accepted: the platform makes the change.
	Accepted Outcome = "accepted"
	// Refused: the platform answered with an error. It may have made the change nevertheless.
	Refused Outcome = "refused"
	// Deploying: the platform changes nothing during a deploy.
	Deploying Outcome = "deploying"
	// Late: no answer came in time. It may still come.
	Late Outcome = "late"
	// DryRun: the platform was not asked.
	DryRun Outcome = "dry run"
)

// AskedState is the bot's newest change: at AskedAt it requested a change from AskedFrom to AskedTo.
type AskedState struct {
	AskedAt   time.Time `json:"asked_at,omitzero"`
	AskedFrom int       `json:"asked_from,omitempty"`
	AskedTo   int       `json:"asked_to,omitempty"`
	// Unanswered: the platform has not confirmed the change. It may have made it nevertheless.
	Unanswered bool `json:"unanswered,omitempty"`
	// AskedBy is the source of the [Evidence] for a scale-up; "" for a scale-down, an override and the limits.
	AskedBy string `json:"asked_by,omitempty"`
}

// Asked returns the state to save before the bot requests the change in d, since the platform may make the change even
// if the bot then dies or sees an error.
func (p Policy) Asked(st State, f Facts, d Decision) State {
	if d.To != d.From {
		st.AskedAt, st.AskedFrom, st.AskedTo, st.AskedBy, st.Unanswered = f.Now, d.From, d.To, d.by(), true
		return st
	}
	st.SizeAt = f.Now // so that a size that fails is not requested at each tick
	st.SizeAsked = SizeAsked{At: f.Now, From: d.SizeFrom, To: d.SizeTo, Larger: d.SizeLarger}
	return st
}

// Answered returns the state after the outcome of the change in d, and the decision with it. before is the state before
// [Policy.Asked]. If nothing changed, a clamp in the decision says why.
func (p Policy) Answered(before State, f Facts, d Decision, o Outcome) (State, Decision) {
	if d.To != d.From {
		return p.answeredNumber(before, &f, d, o)
	}
	return p.answeredSize(before, &f, d, o)
}

func (p *Policy) answeredNumber(before State, f *Facts, d Decision, o Outcome) (State, Decision) {
	st := before
	if o != DryRun {
		st = p.Asked(before, *f, d)
	}
	switch o {
	case Accepted:
		st.Dynos, st.Unanswered = d.To, false
		if d.To > d.From && p.watchesBoots(f) {
			st.BootSince = f.Now
		}
		st.scaled(f.Now, d.From, d.To, d.by())
	case DryRun:
		st.scaled(f.Now, d.From, d.To, d.by())
	case Late:
		d.clamp(ClampUnsettled, d.From, 0)
	case Deploying:
		d.clamp(ClampDeploy, d.From, 0)
	}
	return st, d
}

func (p *Policy) answeredSize(before State, f *Facts, d Decision, o Outcome) (State, Decision) {
	st := p.Asked(before, *f, d)
	switch o {
	case Accepted:
		st.SizeAsked = SizeAsked{}
		p.noteSize(&st, f.Now, d.SizeFrom, d.SizeTo)
		st.Size = d.SizeTo
		if p.watchesBoots(f) {
			st.BootSince = f.Now
		}
		st.resized(f.Now)
	case Refused:
		st.SizeRefused = true
	case Late:
		d.holdSize(ClampUnsettled, 0)
	case Deploying: // so the size may be requested again soon
		st = before
		d.holdSize(ClampDeploy, 0)
	case DryRun:
		st = before
		st.resized(f.Now)
	}
	return st, d
}
