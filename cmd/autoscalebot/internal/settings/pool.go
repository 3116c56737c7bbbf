package settings

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Pool are the settings of a pool of servers, whoever makes them.
type Pool struct {
	PoolProvider Word `group:"Pools of servers" envconfig:"POOL_PROVIDER" desc:"[Pool](docs/pools.md): who makes the servers, ''digitalocean'', ''ec2'', ''command'' (your own scripts) or ''local'' (processes of this machine, to try it out)."`
	PoolBalancer Word `envconfig:"POOL_BALANCER" desc:"Pool: what gives them requests: ''haproxy'' (over its socket, without a reload), ''haproxy-file'' (its configuration, with one), ''digitalocean'', ''target-group'' (AWS), ''local'' (a small one in the bot, on ''LOCAL_ADDR'') or ''none''."`
	PoolName     Text `envconfig:"POOL_NAME" desc:"Pool: its name, by default the process type, which its servers have in a tag, such as ''autoscalebot:web'', and in their names, such as ''web-7''."`
	PoolCommands
	PoolVictims       Word    `envconfig:"POOL_VICTIMS" default:"newest" desc:"Pool: which servers go first after those that do not work, ''newest'' or ''oldest''."`
	Sizes             List    `envconfig:"SIZES" desc:"Pool: the [sizes of servers](docs/pools.md#larger-servers), as ''autoscalebot servers sizes'' lists them, from the smallest, which new servers are of: ''s-1vcpu-1gb,s-2vcpu-2gb''."`
	ServerPrice       Prices  `envconfig:"SERVER_PRICE_PER_HOUR" desc:"Pool: what one server costs an hour, in dollars, where the provider does not say, as AWS does not: ''0.0208'', or with several sizes the price of each, ''t3.small=0.0208,t3.medium=0.0416''."`
	PoolMaxDollars    Dollars `envconfig:"POOL_MAX_DOLLARS_PER_HOUR" desc:"Pool: what its servers may cost an hour in all, in dollars, whatever ''MAX_DYNOS'' says; empty = as much as ''MAX_DYNOS'' of them do."`
	MaintenanceWindow Text    `envconfig:"MAINTENANCE_WINDOW" list:", " desc:"Pool: when a server may be resized that has no other beside it, which means downtime: ''3:00-5:00'', or with days ''sat,sun 3:00-5:00''; empty = never."`
	ServerPort        Port    `envconfig:"SERVER_PORT" default:"80" desc:"Pool: the port on which each server answers."`
	HealthCheck
	PoolActive  Seconds  `envconfig:"POOL_ACTIVE_WITHIN_IN_SECONDS" default:"300" desc:"Pool: within how long a new server runs, or it is destroyed and another made."`
	PoolHealthy Seconds  `envconfig:"POOL_HEALTHY_WITHIN_IN_SECONDS" default:"300" desc:"Pool: within how long after that it is healthy, or the same."`
	PoolDrain   Seconds  `envconfig:"POOL_DRAIN_IN_SECONDS" default:"60" desc:"Pool: how long a server that goes may take to answer the requests that it has, at the most."`
	PoolReplace Seconds0 `envconfig:"POOL_REPLACE_AFTER_IN_SECONDS" default:"300" desc:"Pool: how long a server may fail its health check before another takes its place; 0 = it stays."`

	// Maintenance is made of MaintenanceWindow and TimeZone: At says whether a moment is inside the window.
	Maintenance notify.Quiet `ignored:"true"`
}

// poolName is what can be a tag and the beginning of a host name at every provider.
var poolName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)

// HasPool says whether the bot itself makes and destroys servers.
func (s *Settings) HasPool() bool { return s.Platform == "pool" }

// Pooled is the pool's name.
func (s *Settings) Pooled() string { return string(cmp.Or(s.PoolName, s.HerokuProcessType)) }

// ServerLimits are how many servers may serve at the least, and exist at the most.
func (s *Settings) ServerLimits(now time.Time) (least, most int) {
	l := s.Table.At(now)
	return l.Min, l.Max
}

func (ps *Problems) checkPool(s *Settings) {
	ps.chosen("POOL_PROVIDER", s.PoolProvider, "who makes the servers", providers())
	ps.oneOf("POOL_VICTIMS", s.PoolVictims, "newest", "oldest")
	if !poolName.MatchString(s.Pooled()) {
		ps.add("POOL_NAME", "%q: write small letters, digits and hyphens, a letter first, 40 of them at the most, "+
			"such as web", s.Pooled())
	}
	ps.checkAdapter(s, string(s.PoolProvider), providers())
	ps.checkBalancer(s)
	ps.checkHealth(s)
	s.Maintenance = ps.quiet("MAINTENANCE_WINDOW", s.MaintenanceWindow, s.TimeZone)
}

func (ps *Problems) checkBalancer(s *Settings) {
	ps.chosen("POOL_BALANCER", s.PoolBalancer, "what gives the servers their requests", balancers())
	if want := ownBalancers()[s.PoolBalancer]; want != "" && want != s.PoolProvider &&
		slices.Contains(adapterNames(providers()), string(s.PoolProvider)) {
		ps.add("POOL_BALANCER", "%s only knows servers of POOL_PROVIDER=%s; write haproxy, haproxy-file or none",
			s.PoolBalancer, want)
	}
	ps.checkAdapter(s, string(s.PoolBalancer), balancers())
}
