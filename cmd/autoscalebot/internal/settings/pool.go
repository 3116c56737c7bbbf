package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Pool are the settings of a pool of servers, whoever makes them.
type Pool struct {
	PoolProvider      Word     `group:"Pools of servers" envconfig:"POOL_PROVIDER" desc:"Pool: who makes the servers, ''digitalocean'', ''ec2'', ''command'' (your own scripts) or ''local'' (processes of this machine, to try it out). See [pools of servers](docs/pools.md)."`
	PoolBalancer      Word     `envconfig:"POOL_BALANCER" desc:"Pool: what gives them requests: ''haproxy'' (over its socket, without a reload), ''haproxy-file'' (its configuration, with one), ''digitalocean'', ''target-group'' (AWS), ''local'' (a small one in the bot, on ''LOCAL_ADDR'') or ''none''."`
	PoolName          Text     `envconfig:"POOL_NAME" desc:"Pool: its name. Its servers are known by a tag with it, such as ''autoscalebot:web'', and their names begin with it: ''web-7''. By default the process type. Two pools of an account need two names."`
	PoolList          Text     `envconfig:"POOL_LIST_COMMAND" desc:"Servers by commands: prints the pool's servers as JSON. See [own scripts](docs/pools.md#own-scripts)."`
	PoolCreate        Text     `envconfig:"POOL_CREATE_COMMAND" desc:"Servers by commands: has the server ''$SERVER_NAME'' made, of the size ''$SERVER_SIZE''."`
	PoolDestroy       Text     `envconfig:"POOL_DESTROY_COMMAND" desc:"Servers by commands: ends the server ''$SERVER_ID''."`
	PoolVictims       Word     `envconfig:"POOL_VICTIMS" default:"newest" desc:"Pool: which servers go first, ''newest'' or ''oldest''. Those that do not work go before."`
	Sizes             List     `envconfig:"SIZES" desc:"Pool: the sizes of servers, the smallest first, as ''autoscalebot servers sizes'' lists them: ''s-1vcpu-1gb,s-2vcpu-2gb''. New servers are of the first. Where there are several, rules with ''scale=size'' choose between them, as between ''DYNO_SIZES''. See [larger servers](docs/pools.md#larger-servers)."`
	ServerPrice       Prices   `envconfig:"SERVER_PRICE_PER_HOUR" desc:"Pool: what one server costs an hour, in dollars, where the provider does not say, as AWS does not: ''0.0208'', or with several sizes the price of each, ''t3.small=0.0208,t3.medium=0.0416''. One price for several sizes is refused."`
	PoolMaxDollars    Dollars  `envconfig:"POOL_MAX_DOLLARS_PER_HOUR" desc:"Pool: what its servers may cost an hour in all, in dollars, whatever ''MAX_DYNOS'' says. Empty = as much as ''MAX_DYNOS'' of them do."`
	MaintenanceWindow Text     `envconfig:"MAINTENANCE_WINDOW" list:", " desc:"Pool: when a server may be resized that has no other beside it, which means downtime: ''3:00-5:00'', or with days ''sat,sun 3:00-5:00''. Empty = never."`
	ServerPort        Port     `envconfig:"SERVER_PORT" default:"80" desc:"Pool: the port on which each server answers."`
	HealthPath        Text     `envconfig:"HEALTH_CHECK_PATH" default:"/" desc:"Pool: what is requested of each server before it gets requests of others, and while it does; an answer of 2xx is healthy. ''tcp'' = it only has to take a connection; ''none'' = it is healthy when the provider says that it runs."`
	HealthHost        Text     `envconfig:"HEALTH_CHECK_HOST" desc:"Pool: the name in the header ''Host'' of health checks, where the app wants one."`
	HealthTLS         Bool     `envconfig:"HEALTH_CHECK_TLS" default:"false" desc:"Pool: health checks go by https; ''HEALTH_CHECK_HOST'' is the name that the certificate has."`
	HealthTimeout     Seconds  `envconfig:"HEALTH_CHECK_TIMEOUT_IN_SECONDS" default:"5" desc:"Pool: when to give a health check up."`
	HealthPasses      Number   `envconfig:"HEALTH_CHECK_PASSES" default:"3" desc:"Pool: how many health checks in a row a new server must pass."`
	PoolActive        Seconds  `envconfig:"POOL_ACTIVE_WITHIN_IN_SECONDS" default:"300" desc:"Pool: within how long a new server runs, or it is destroyed and another made."`
	PoolHealthy       Seconds  `envconfig:"POOL_HEALTHY_WITHIN_IN_SECONDS" default:"300" desc:"Pool: within how long after that it is healthy, or the same."`
	PoolDrain         Seconds  `envconfig:"POOL_DRAIN_IN_SECONDS" default:"60" desc:"Pool: how long a server that goes may take to answer the requests that it has, at the most."`
	PoolReplace       Seconds0 `envconfig:"POOL_REPLACE_AFTER_IN_SECONDS" default:"300" desc:"Pool: how long a server may fail its health check before another takes its place; 0 = it stays."`

	// Maintenance is made of MaintenanceWindow and TimeZone: At says whether a moment is inside the window.
	Maintenance notify.Quiet `ignored:"true"`
}

// poolName is what can be a tag and the beginning of a host name at every provider.
var poolName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)

// The providers and the balancers that can be named, with what may go with which.
var (
	poolProviders = []string{"digitalocean", "ec2", "command", "local"}
	poolBalancers = []string{"haproxy", "haproxy-file", "digitalocean", "target-group", "local", "none"}
	// ownBalancers only know the servers of one provider.
	ownBalancers = map[Word]Word{"digitalocean": "digitalocean", "target-group": "ec2"}
)

// tellsPrice says whether the platform tells what a dyno costs.
func (s *Settings) tellsPrice() bool {
	return s.HasPool() && (s.ServerPrice.Known() || s.PoolProvider == "digitalocean")
}

// HasPool says whether the bot itself makes and destroys servers.
func (s *Settings) HasPool() bool { return s.Platform == "pool" }

// Pooled is the pool's name.
func (s *Settings) Pooled() string { return string(cmp.Or(s.PoolName, s.HerokuProcessType)) }

// checkPool finds what is wrong with the settings of a pool of servers.
func (ps *Problems) checkPool(s *Settings) {
	ps.chosen("POOL_PROVIDER", s.PoolProvider, "who makes the servers", poolProviders)
	ps.oneOf("POOL_VICTIMS", s.PoolVictims, "newest", "oldest")
	if !poolName.MatchString(s.Pooled()) {
		ps.add("POOL_NAME", "%q: write small letters, digits and hyphens, a letter first, 40 of them at the most, such as web", s.Pooled())
	}
	switch s.PoolProvider {
	case "digitalocean":
		ps.checkDigitalOcean(s)
	case "ec2":
		ps.checkEC2(s)
	case "command":
		ps.need("POOL_LIST_COMMAND", string(s.PoolList), "a command that prints the pool's servers as JSON")
		ps.need("POOL_CREATE_COMMAND", string(s.PoolCreate), "a command that has a server made")
		ps.need("POOL_DESTROY_COMMAND", string(s.PoolDestroy), "a command that ends a server")
	}
	ps.checkBalancer(s)
	ps.checkHealth(s)
	ps.checkMaintenance(s)
}

// checkBalancer finds what is wrong with what describes the balancer.
func (ps *Problems) checkBalancer(s *Settings) {
	ps.chosen("POOL_BALANCER", s.PoolBalancer, "what gives the servers their requests", poolBalancers)
	if want := ownBalancers[s.PoolBalancer]; want != "" && want != s.PoolProvider && slices.Contains(poolProviders, string(s.PoolProvider)) {
		ps.add("POOL_BALANCER", "%s only knows servers of POOL_PROVIDER=%s; write haproxy, haproxy-file or none", s.PoolBalancer, want)
	}
	switch s.PoolBalancer {
	case "haproxy":
		ps.checkHAProxy(s)
	case "haproxy-file":
		ps.checkHAProxyFile(s)
	case "digitalocean":
		ps.need("DIGITALOCEAN_LOAD_BALANCER", string(s.DigitalOceanLoadBalancer), "the id of the load balancer, as from: doctl compute load-balancer list")
	case "target-group":
		ps.need("EC2_TARGET_GROUP", string(s.EC2TargetGroup), "the target group's ARN, as from: aws elbv2 describe-target-groups")
	}
}

// chosen wants one of the words, and says what is to be chosen.
func (ps *Problems) chosen(name string, w Word, what string, words []string) {
	if w == "" {
		ps.need(name, "", what+": write "+orList(words))
		return
	}
	ps.oneOf(name, w, words...)
}

func (ps *Problems) checkHealth(s *Settings) {
	path := string(s.HealthPath)
	if path != "none" && path != "tcp" && (!strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t#")) {
		ps.add("HEALTH_CHECK_PATH", "%q: write a path that begins with a slash, such as /healthz, or tcp, or none", path)
	}
	if strings.ContainsAny(string(s.HealthHost), "/ \t") {
		ps.add("HEALTH_CHECK_HOST", "%q: write a host name, such as www.example.com", s.HealthHost)
	}
	if s.HealthTLS && s.HealthHost == "" {
		ps.need("HEALTH_CHECK_HOST", "", "HEALTH_CHECK_TLS needs the name that the certificate has, such as www.example.com")
	}
	if s.HealthPasses == 0 && !ps.has("HEALTH_CHECK_PASSES") {
		ps.add("HEALTH_CHECK_PASSES", "0: write 1 or more, or HEALTH_CHECK_PATH=none")
	}
}

// checkMaintenance reads the window in which downtime is allowed.
func (ps *Problems) checkMaintenance(s *Settings) {
	window, err := notify.ParseQuiet(string(s.MaintenanceWindow), cmp.Or(s.TimeZone.Location, time.UTC))
	if err != nil {
		ps.add("MAINTENANCE_WINDOW", "%v", err)
	}
	s.Maintenance = window
}

// Vain says of each setting that is given for a platform, a provider or a balancer which is not the one that was chosen, a line for each of
// those. What other programs read too, such as AWS_REGION, is not told. Of databases' URLs it says which parameters are left out.
func (s *Settings) Vain() (notes []string) {
	for _, part := range []struct {
		used   bool
		prefix []string
		needs  string
	}{
		{s.HasPool(), []string{"POOL_PROVIDER", "POOL_BALANCER", "POOL_NAME"}, "PLATFORM=pool"},
		{s.usesDigitalOcean(), []string{"DIGITALOCEAN_"}, "POOL_PROVIDER=digitalocean"},
		{s.HasPool() && s.PoolProvider == "ec2", []string{"EC2_LAUNCH_", "EC2_TARGET_", "EC2_ADDRESS"}, "POOL_PROVIDER=ec2"},
		{s.HasPool() && s.PoolProvider == "command", []string{"POOL_LIST_", "POOL_CREATE_", "POOL_DESTROY_"}, "POOL_PROVIDER=command"},
		{s.Platform == "autoscaling-group", []string{"EC2_AUTOSCALING_"}, "PLATFORM=autoscaling-group"},
		{!s.HasPool() || s.PoolProvider != "digitalocean", []string{"SERVER_PRICE_PER_HOUR"}, "a provider without prices of its own"},
		{s.HasPool() && s.PoolBalancer == "haproxy", []string{"HAPROXY_SOCKETS", "HAPROXY_BACKEND", "HAPROXY_SERVER_OPTIONS"}, "POOL_BALANCER=haproxy"},
		{s.HasPool() && s.PoolBalancer == "haproxy-file", []string{"HAPROXY_CONFIG", "HAPROXY_TEMPLATE", "HAPROXY_SERVER_LINE", "HAPROXY_HOSTS", "HAPROXY_CHECK_", "HAPROXY_RELOAD_"}, "POOL_BALANCER=haproxy-file"},
	} {
		if part.used {
			continue
		}
		if given := s.given(part.prefix); given != "" {
			notes = append(notes, fmt.Sprintf("%s: set in vain, since only %s uses it", given, part.needs))
		}
	}
	if len(s.ScalingRules) > 0 {
		if given := s.given(heartbeatRules); given != "" {
			notes = append(notes, given+": set in vain, since the scaling_rules alone decide")
		}
	}
	return append(notes, s.leftOut()...)
}

// heartbeatRules are the settings of how the heartbeat, or a rule of RULES, decides.
var heartbeatRules = []string{
	"INCREMENT", "MAX_RESPONSE_TIME_", "MIN_RESPONSE_TIME_", "NUMBER_OF_FAILS_", "NUMBER_OF_PASSES_", "POLICY", "STOP_AFTER_UPS_",
}

// given lists the settings that begin with one of the texts and are set.
func (s *Settings) given(prefixes []string) string {
	var given []string
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) && s.src.from(name) != "" {
			given = append(given, name)
		}
	}
	return strings.Join(given, ", ")
}

// orList writes a, b or c.
func orList(words []string) string {
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
