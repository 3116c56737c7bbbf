package platform

// Continue takes over the running calls, the last refusal and the price of a Platform that p replaces. Its calls end
// with the methods that they began with. A price that the settings gave is not taken over.
func (p *Platform) Continue(before *Platform) {
	p.calls, p.refused = before.calls, before.refused
	before.mu.Lock()
	defer before.mu.Unlock()
	if p.Prices != nil {
		p.reported, p.priced = before.reported, before.priced
	}
}
