package pool

// Switching a server on is faster than creating another. An earlier run may have been killed during a resize in place,
// or somebody switched the server off. A server that is off and not needed is already leaving.
func (p *planner) switchOn() {
	for _, s := range p.servers {
		if p.toSwitchOn(s) {
			p.do(s, switchOn, "it is off: its resize in place was interrupted, or somebody switched it off", "")
		}
	}
}

// False when it is time to replace the server, because switching it on did not work.
func (p *planner) toSwitchOn(s *tracked) bool {
	if _, can := p.o.Provider.(Resizer); !can || s.State != Off || s.leaving() || p.resizing[s.ID] != "" {
		return false
	}
	if s.halfMade() {
		return p.now.Sub(s.failsSince) < p.o.ActiveWithin
	}
	return !p.overdue(s)
}
