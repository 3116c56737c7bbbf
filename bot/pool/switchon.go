package pool

// An earlier run may have been killed in the middle of a resize in place, and a server that somebody switched off is
// wanted back sooner than another could be made. What is off and not wanted has been condemned before.
func (p *planner) switchOn() {
	for _, s := range p.servers {
		if p.toSwitchOn(s) {
			p.do(s, switchOn, "it is off, as its resize in place was cut off, or somebody switched it off", "")
		}
	}
}

// toSwitchOn is false when it is time to replace the server: switching it on did not work out.
func (p *planner) toSwitchOn(s *tracked) bool {
	if _, can := p.o.Provider.(Resizer); !can || s.State != Off || s.leaving() || p.resizing[s.ID] != "" {
		return false
	}
	if s.halfMade() {
		return p.now.Sub(s.failsSince) < p.o.ActiveWithin
	}
	return !p.overdue(s)
}
