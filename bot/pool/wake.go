package pool

// wake switches servers on that are off, where the provider can: an earlier run of the bot may have been killed in the middle of a resize
// in place, and one that somebody switched off is wanted back sooner than another could be made. What is off and not wanted has been
// condemned before.
func (p *planner) wake() {
	for i := range p.servers {
		if s := &p.servers[i]; p.wakes(s) {
			p.do(s, wake, "it is off, as its resize in place was cut off, or somebody switched it off", "")
		}
	}
}

// wakes says that a server is off and still to be switched on: not any more when it is time to replace it, as then that did not work out.
func (p *planner) wakes(s *tracked) bool {
	if _, can := p.o.Provider.(Resizer); !can || s.State != Off || s.leaving() || p.resizing[s.ID] != "" {
		return false
	}
	if s.half() {
		return p.now.Sub(s.bad) < p.o.ActiveWithin
	}
	return !p.overdue(s)
}
