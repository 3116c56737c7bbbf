package settings

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Pool configures a pool of servers, for all providers.
type Pool struct {
	PoolProvider Word `envconfig:"POOL_PROVIDER" desc:"Who makes the servers: ''digitalocean'', ''ec2'', ''command'' (your scripts) or ''local'' (processes, to try it out)."`
	PoolBalancer Word `envconfig:"POOL_BALANCER" desc:"The load balancer: ''haproxy'', ''haproxy-file'', ''digitalocean'', ''target-group'', ''local'' or ''none''."`
	PoolName     Text `envconfig:"POOL_NAME" desc:"Name of the pool, used in the servers' tags and names; default: the process type."`
	PoolCommands
	PoolVictims       Word    `envconfig:"POOL_VICTIMS" default:"newest" desc:"Servers to remove first, after those that do not work: ''newest'' or ''oldest''."`
	Sizes             List    `envconfig:"SIZES" desc:"Sizes of servers, the smallest first: ''s-1vcpu-1gb,s-2vcpu-2gb''; new servers have the smallest."`
	ServerPrice       Prices  `envconfig:"SERVER_PRICE_PER_HOUR" desc:"Price of a server in dollars, if the provider reports none: ''0.0208'', or ''t3.small=0.0208,t3.medium=0.0416''."`
	PoolMaxDollars    Dollars `envconfig:"POOL_MAX_DOLLARS_PER_HOUR" desc:"Maximum cost of all servers per hour, in dollars; default: the cost of ''MAX_DYNOS'' servers."`
	MaintenanceWindow Text    `envconfig:"MAINTENANCE_WINDOW" list:", " desc:"When the only server may be resized, with downtime: ''3:00-5:00'', or ''sat,sun 3:00-5:00''; empty = never."`
	ServerPort        Port    `envconfig:"SERVER_PORT" default:"80" desc:"Port on which each server answers."`
	HealthCheck
	PoolActive  Seconds  `envconfig:"POOL_ACTIVE_WITHIN_IN_SECONDS" default:"300" desc:"Maximum time for a new server to start; after that the bot replaces it."`
	PoolHealthy Seconds  `envconfig:"POOL_HEALTHY_WITHIN_IN_SECONDS" default:"300" desc:"Maximum time for a started server to become healthy; after that the bot replaces it."`
	PoolDrain   Seconds  `envconfig:"POOL_DRAIN_IN_SECONDS" default:"60" desc:"Maximum time for a server to answer its open requests before the bot destroys it."`
	PoolReplace Seconds0 `envconfig:"POOL_REPLACE_AFTER_IN_SECONDS" default:"300" desc:"Time of failed health checks after which the bot replaces a server; 0 = never."`

	// Maintenance combines MaintenanceWindow and TimeZone. Its At is true for times in the window.
	Maintenance notify.Quiet `ignored:"true"`
}

// Every provider accepts such a name as a tag and as the beginning of a host name.
var poolName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)

// HasPool is true if the bot itself creates and destroys servers.
func (s *Settings) HasPool() bool { return s.Platform == "pool" }

// Pooled is the pool's name: POOL_NAME, or the process type.
func (s *Settings) Pooled() string { return string(cmp.Or(s.PoolName, s.HerokuProcessType)) }

// ServerLimits returns the minimum of serving servers and the maximum of existing servers at now.
func (s *Settings) ServerLimits(now time.Time) (least, most int) {
	l := s.Table.At(now)
	return l.Min, l.Max
}

func (ps *Problems) checkPool(s *Settings) {
	ps.chosen("POOL_PROVIDER", s.PoolProvider, "choose who makes the servers", providers())
	ps.oneOf("POOL_VICTIMS", s.PoolVictims, "newest", "oldest")
	if !poolName.MatchString(s.Pooled()) {
		ps.add("POOL_NAME", "%q: must be at most 40 lower-case letters, digits and hyphens, and begin with a letter, "+
			"such as web", s.Pooled())
	}
	ps.checkAdapter(s, string(s.PoolProvider), providers())
	ps.checkBalancer(s)
	ps.checkHealth(s)
	s.Maintenance = ps.quiet("MAINTENANCE_WINDOW", s.MaintenanceWindow, s.TimeZone)
}

func (ps *Problems) checkBalancer(s *Settings) {
	ps.chosen("POOL_BALANCER", s.PoolBalancer, "choose the load balancer", balancers())
	if want := ownBalancers()[s.PoolBalancer]; want != "" && want != s.PoolProvider &&
		slices.Contains(adapterNames(providers()), string(s.PoolProvider)) {
		ps.add("POOL_BALANCER", "%s works only with POOL_PROVIDER=%s: must be haproxy, haproxy-file or none",
			s.PoolBalancer, want)
	}
	ps.checkAdapter(s, string(s.PoolBalancer), balancers())
}
