package settings

import "github.com/autoscalebot/autoscalebot/probe"

// proxies notes what is wrong with the environment's variables for proxies, which no file has.
func (ps *Problems) proxies() {
	for _, p := range probe.ProxyProblems() {
		ps.add(p.Name, "%s", p.What)
	}
}
