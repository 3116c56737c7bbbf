package decide

import "time"

// An Outcome is what a platform answers to a change of the number or the size of the dynos.
type Outcome string

const (
	// Accepted: the change is made, or will be.
	Accepted Outcome = "accepted"
	// Refused: the platform answered with an error, and may have made the change all the same.
	Refused Outcome = "refused"
	// Deploying: the platform changes nothing while a deploy is under way.
	Deploying Outcome = "deploying"
	// Late: the answer did not come in time, and may yet.
	Late Outcome = "late"
	// DryRun: nobody was asked.
	DryRun Outcome = "dry run"
)

// AskedState is the bot's own newest change: at AskedAt it asked the platform to go from AskedFrom to AskedTo.
type AskedState struct {
	AskedAt   time.Time `json:"asked_at,omitzero"`
	AskedFrom int       `json:"asked_from,omitempty"`
	AskedTo   int       `json:"asked_to,omitempty"`
	// Unanswered: the platform has not said yes to it, and may have made it all the same.
	Unanswered bool `json:"unanswered,omitempty"`
	// AskedBy is what it rested on where it was a scale-up, as in an [Evidence]; "" where it was another, or people and
	// limits wanted it.
	AskedBy string `json:"asked_by,omitempty"`
}

// Asked returns the state that must be kept before the platform is asked for the change in d: after a kill or an error
// the change may have been made.
func (p Policy) Asked(st State, f Facts, d Decision) State {
	if d.To != d.From {
		st.AskedAt, st.AskedFrom, st.AskedTo, st.AskedBy, st.Unanswered = f.Now, d.From, d.To, d.by(), true
		return st
	}
	st.SizeAt = f.Now // so that one that fails is not tried at every tick
	st.SizeAsked = SizeAsked{At: f.Now, From: d.SizeFrom, To: d.SizeTo, Larger: d.SizeLarger}
	return st
}

// Answered returns the state after the change in d had an outcome, given that before it, and the decision as it then
// stands: where nothing was changed, what kept it from that is a clamp.
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
	case Deploying: // which leaves the size as it is, so it may be asked for again soon
		st = before
		d.holdSize(ClampDeploy, 0)
	case DryRun:
		st = before
		st.resized(f.Now)
	}
	return st, d
}
