package settings

import (
	"regexp"
	"slices"
)

// An adapter is one of the values of PLATFORM, POOL_PROVIDER, POOL_BALANCER or NOTIFICATION_BACKENDS.
type adapter struct {
	name  string
	check func(*Problems, *Settings) // nil if there is nothing to check
	// own are prefixes of settings that no other adapter uses. Setting them for another adapter has no effect.
	own []string
}

func platforms() []adapter {
	return []adapter{
		{"heroku", (*Problems).checkHeroku, nil},
		{"cloudfoundry", (*Problems).checkCloudFoundry, nil},
		{"local", (*Problems).checkLocal, nil},
		{"command", (*Problems).checkCommand, nil},
		{"pool", (*Problems).checkPool, []string{"POOL_PROVIDER", "POOL_BALANCER", "POOL_NAME"}},
		{"autoscaling-group", (*Problems).checkAutoscalingGroup, []string{"EC2_AUTOSCALING_"}},
	}
}

func providers() []adapter {
	return []adapter{
		{"digitalocean", (*Problems).checkDigitalOcean, []string{"DIGITALOCEAN_"}},
		{"ec2", (*Problems).checkEC2, []string{"EC2_LAUNCH_", "EC2_TARGET_", "EC2_ADDRESS"}},
		{"command", (*Problems).checkPoolCommands, []string{"POOL_LIST_", "POOL_CREATE_", "POOL_DESTROY_"}},
		{"local", nil, nil},
	}
}

func balancers() []adapter {
	return []adapter{
		{"haproxy", (*Problems).checkHAProxy, []string{"HAPROXY_SOCKETS", "HAPROXY_BACKEND", "HAPROXY_SERVER_OPTIONS"}},
		{"haproxy-file", (*Problems).checkHAProxyFile, []string{
			"HAPROXY_CONFIG", "HAPROXY_TEMPLATE", "HAPROXY_SERVER_LINE", "HAPROXY_HOSTS",
			"HAPROXY_CHECK_", "HAPROXY_RELOAD_",
		}},
		{"digitalocean", (*Problems).checkDigitalOceanBalancer, nil},
		{"target-group", (*Problems).checkTargetGroup, nil},
		{"local", nil, nil},
		{"none", nil, nil},
	}
}

// The key is a balancer that works only with the provider in the value.
func ownBalancers() map[Word]Word {
	return map[Word]Word{"digitalocean": "digitalocean", "target-group": "ec2"}
}

func backends() []adapter {
	return []adapter{
		{"console", nil, nil},
		{"log", nil, nil},
		{"email", (*Problems).checkEmail, nil},
		{"slack", (*Problems).checkSlack, nil},
		{"pagerduty", (*Problems).checkPagerDuty, nil},
		{"webhook", (*Problems).checkWebhook, nil},
		{"urls", (*Problems).checkURLs, nil},
	}
}

func adapterNames(of []adapter) []string {
	var names []string
	for _, a := range of {
		names = append(names, a.name)
	}
	return names
}

// An unknown name is not reported here: oneOf has reported it.
func (ps *Problems) checkAdapter(s *Settings, chosen string, of []adapter) {
	if i := slices.IndexFunc(of, func(a adapter) bool { return a.name == chosen }); i >= 0 && of[i].check != nil {
		of[i].check(ps, s)
	}
}

func (ps *Problems) checkPlatform(s *Settings) {
	ps.oneOf("PLATFORM", s.Platform, adapterNames(platforms())...)
	ps.checkAdapter(s, string(s.Platform), platforms())
	ps.checkCommandEnv(s)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(string(s.HerokuProcessType)) {
		ps.add("HEROKU_PROCESS_TYPE", "%q: must be a process type of the Procfile, such as web", s.HerokuProcessType)
	}
}

func (ps *Problems) chosen(name string, w Word, what string, of []adapter) {
	if w == "" {
		ps.need(name, "", what+": "+orList(adapterNames(of)))
		return
	}
	ps.oneOf(name, w, adapterNames(of)...)
}
