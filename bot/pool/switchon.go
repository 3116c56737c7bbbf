package pool

// switchOn switches servers on that are off, where the provider can: an earlier run of the bot may have been killed in
// the middle of a resize in place, and one that somebody switched off is wanted back sooner than another could be made.
// What is off and not wanted has been condemned before.
func (p *planner) switchOn() {
	for i := range p.servers {
		if s := &p.servers[i]; p.toSwitchOn(s) {
			p.do(s, switchOn, "it is off, as its resize in place was cut off, or somebody switched it off", "")
		}
	}
}

// toSwitchOn says that a server is off and still to be switched on: not any more when it is time to replace it, as then
// that did not work out.
func (p *planner) toSwitchOn(s *tracked) bool {
	if _, can := p.o.Provider.(Resizer); !can || s.State != Off || s.leaving() || p.resizing[s.ID] != "" {
		return false
	}
	if s.halfMade() {
		return p.now.Sub(s.failsSince) < p.o.ActiveWithin
	}
	return !p.overdue(s)
}
