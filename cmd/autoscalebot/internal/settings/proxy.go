package settings

import (
	"cmp"
	"os"

	"github.com/autoscalebot/autoscalebot/probe"
)

// AllProxy is the value of all_proxy, or else of ALL_PROXY. It may hold a password.
func AllProxy() string { return cmp.Or(os.Getenv("all_proxy"), os.Getenv("ALL_PROXY")) }

func (ps *Problems) proxies() {
	for _, p := range probe.ProxyProblems(AllProxy()) {
		ps.add(p.Name, "%s", p.What)
	}
}
