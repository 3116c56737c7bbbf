package settings

import (
	"os"
	"slices"
)

// People may not know these settings yet when they only list servers, sizes or images.
var cataloged = []string{
	"DIGITALOCEAN_IMAGE", "SIZES", "EC2_LAUNCH_TEMPLATE", "POOL_BALANCER", "DIGITALOCEAN_LOAD_BALANCER",
	"EC2_TARGET_GROUP", "HAPROXY_SOCKETS", "HAPROXY_BACKEND",
	"HAPROXY_TEMPLATE",
}

// LoadServers reads the settings of the pool of servers, and those for reaching the running bot. It ignores mistakes in
// others, such as rules and notifiers. If looking is true, the command creates nothing, and settings for new servers
// may be missing. Its error is a [Problems] with all mistakes.
func LoadServers(looking bool) (*Settings, error) {
	var problems Problems
	sources := problems.sources()
	problems = append(problems, sources[0].problems()...)
	if len(sources) > 1 {
		problems.add(processType, "is not set, and %s has several process types. Set the one to use",
			os.Getenv(fileName))
	}
	src, start := sources[0], len(problems)
	s := problems.read(src, func(string) bool { return true })
	s.Rules, s.Signals, s.DynoSizes, s.ScaleOrder = nil, nil, nil, ""
	switch {
	case s.Platform != "pool":
		problems.add("PLATFORM", "%q has no servers: must be pool, with a POOL_PROVIDER", s.Platform)
	case s.PoolProvider == "local":
		problems.add("POOL_PROVIDER", "local servers are processes of the running bot. List them with: "+
			"autoscalebot status")
	default:
		problems.checkPool(s)
		problems.checkDynoSizes(s)
	}
	problems.checkLimits(s)
	problems.checkAdmin(s)
	problems.checkHistory(s)
	problems.place(start, src)
	if looking && s.EC2LaunchTemplate == "" {
		s.EC2LaunchTemplate = "not-known-yet" // it is not used
	}
	if looking {
		problems = slices.DeleteFunc(problems, func(p Problem) bool { return slices.Contains(cataloged, p.Name) })
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

// BalancerIncomplete is true if settings of the pool's balancer are missing or invalid. LoadServers allows that.
func (s *Settings) BalancerIncomplete() bool {
	var problems Problems
	problems.checkBalancer(s)
	return len(problems) > 0
}
