package settings

import (
	"os"
	"slices"
)

// catalogued are the settings that somebody who only looks around may not know yet.
var catalogued = []string{
	"DIGITALOCEAN_IMAGE", "SIZES", "EC2_LAUNCH_TEMPLATE", "POOL_BALANCER", "DIGITALOCEAN_LOAD_BALANCER",
	"EC2_TARGET_GROUP", "HAPROXY_SOCKETS", "HAPROXY_BACKEND",
	"HAPROXY_TEMPLATE",
}

// LoadServers reads the settings of the pool of servers that is meant, and those that tell where a running bot is
// asked; what the bot goes by and whom it tells need not be right. looking: nothing is to be made, so what says of what
// and for whom may be missing. Its error is the [Problems], all of them.
func LoadServers(looking bool) (*Settings, error) {
	var problems Problems
	sources := problems.sources()
	problems = append(problems, sources[0].problems()...)
	if len(sources) > 1 {
		problems.add(processType, "is not set, and %s names several process types; write which one is meant",
			os.Getenv(fileName))
	}
	src, start := sources[0], len(problems)
	s := problems.read(src, func(string) bool { return true })
	s.Rules, s.Signals, s.DynoSizes, s.ScaleOrder = nil, nil, nil, ""
	switch {
	case s.Platform != "pool":
		problems.add("PLATFORM", "%q has no servers; write pool, and who makes them as POOL_PROVIDER", s.Platform)
	case s.PoolProvider == "local":
		problems.add("POOL_PROVIDER", "the servers of local are processes of the bot itself, and end with it; "+
			"autoscalebot status shows them")
	default:
		problems.checkPool(s)
		problems.checkDynoSizes(s)
	}
	problems.checkLimits(s)
	problems.checkAdmin(s)
	problems.checkHistory(s)
	problems.place(start, src)
	if looking && s.EC2LaunchTemplate == "" {
		s.EC2LaunchTemplate = "not-known-yet" // which nothing is made from
	}
	if looking {
		problems = slices.DeleteFunc(problems, func(p Problem) bool { return slices.Contains(catalogued, p.Name) })
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

// BalancerIncomplete says whether what describes the pool's balancer is missing or wrong, where that was let pass.
func (s *Settings) BalancerIncomplete() bool {
	var problems Problems
	problems.checkBalancer(s)
	return len(problems) > 0
}
