package ec2test

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

type targetGroup struct {
	arn, name, kind string
	port            int
	balancers       []string
	targets         []*targetState
}

type targetState struct {
	id       string
	port     int
	since    time.Time // registered
	draining time.Time // zero while it is registered
	sick     bool
}

// AddTargetGroup adds a target group of type instance that a load balancer uses, and returns its ARN.
func (s *Server) AddTargetGroup(name string, port int) (arn string) {
	defer s.Lock()()
	arn = "arn:aws:elasticloadbalancing:" + Region + ":" + account + ":targetgroup/" + name + "/" + s.newID("")[1:]
	balancer := "arn:aws:elasticloadbalancing:" + Region + ":" + account + ":loadbalancer/app/" + name +
		"/" + s.newID("")[1:]
	s.targets = append(s.targets, &targetGroup{
		arn: arn, name: name, kind: "instance", port: port,
		balancers: []string{balancer},
	})
	return arn
}

// Unuse removes a target group from its load balancer.
func (s *Server) Unuse(arn string) {
	defer s.Lock()()
	if g := s.targetGroup(arn); g != nil {
		g.balancers = nil
	}
}

// SetKind changes the target type of a group, for example to ip.
func (s *Server) SetKind(arn, kind string) {
	defer s.Lock()()
	if g := s.targetGroup(arn); g != nil {
		g.kind = kind
	}
}

// Register puts an instance behind a target group, as another user of the account would. Port 0 means the group's own.
func (s *Server) Register(arn, id string, port int) {
	defer s.Lock()()
	if g := s.targetGroup(arn); g != nil {
		g.add(id, port)
	}
}

// SetHealthy sets the result of a target's health check. Targets start healthy.
func (s *Server) SetHealthy(arn, id string, healthy bool) {
	defer s.Lock()()
	if g := s.targetGroup(arn); g != nil {
		for _, t := range g.targets {
			if t.id == id {
				t.sick = !healthy
			}
		}
	}
}

// Targets returns AWS's state of each target by instance id.
func (s *Server) Targets(arn string) map[string]string {
	defer s.Lock()()
	out := map[string]string{}
	if g := s.targetGroup(arn); g != nil {
		s.settle(g)
		for _, t := range g.targets {
			out[t.id], _, _ = s.health(g, t)
		}
	}
	return out
}

func (s *Server) targetGroup(arn string) *targetGroup {
	for _, g := range s.targets {
		if g.arn == arn {
			return g
		}
	}
	return nil
}

func (g *targetGroup) add(id string, port int) {
	if port == 0 {
		port = g.port
	}
	at := slices.IndexFunc(g.targets, func(t *targetState) bool { return t.id == id && t.port == port })
	switch {
	case at < 0:
		g.targets = append(g.targets, &targetState{id: id, port: port, since: time.Now()})
	case !g.targets[at].draining.IsZero():
		g.targets[at].draining, g.targets[at].since = time.Time{}, time.Now()
	}
}

func (s *Server) settle(g *targetGroup) {
	g.targets = slices.DeleteFunc(g.targets, func(t *targetState) bool {
		i := s.instance(t.id)
		return !t.draining.IsZero() && time.Since(t.draining) >= s.Deregistration || i == nil || i.State == terminated
	})
}

func (s *Server) health(g *targetGroup, t *targetState) (state, reason, description string) {
	i := s.instance(t.id)
	switch {
	case !t.draining.IsZero():
		return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
	case len(g.balancers) == 0:
		return "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
	case i == nil || i.State != running:
		return "unused", "Target.InvalidState", "Target is in the stopped state"
	case time.Since(t.since) < s.Health:
		return "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
	case t.sick:
		return "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]"
	}
	return "healthy", "", ""
}

func (s *Server) groupOf(p url.Values) (*targetGroup, *failure) {
	g := s.targetGroup(p.Get("TargetGroupArn"))
	if g == nil {
		return nil, refuse("TargetGroupNotFound", "Target groups '%s' not found", p.Get("TargetGroupArn"))
	}
	s.settle(g)
	return g, nil
}

func eachTarget(p url.Values, do func(id string, port int) *failure) *failure {
	for n := 1; p.Has("Targets.member." + strconv.Itoa(n) + ".Id"); n++ {
		prefix := "Targets.member." + strconv.Itoa(n)
		port, _ := strconv.Atoi(p.Get(prefix + ".Port"))
		if bad := do(p.Get(prefix+".Id"), port); bad != nil {
			return bad
		}
	}
	return nil
}

func (s *Server) registerTargets(p url.Values) ([]node, *failure) {
	g, bad := s.groupOf(p)
	if bad != nil {
		return nil, bad
	}
	return nil, eachTarget(p, func(id string, port int) *failure {
		if i := s.instance(id); i == nil || i.State != running {
			return refuse("InvalidTarget",
				"The following targets are not in a running state and cannot be registered: '%s'", id)
		}
		g.add(id, port)
		return nil
	})
}

func (s *Server) deregisterTargets(p url.Values) ([]node, *failure) {
	g, bad := s.groupOf(p)
	if bad != nil {
		return nil, bad
	}
	return nil, eachTarget(p, func(id string, port int) *failure {
		if s.instance(id) == nil {
			return refuse("InvalidTarget", "The following targets do not exist: '%s'", id)
		}
		if port == 0 {
			port = g.port
		}
		for _, t := range g.targets {
			if t.id == id && t.port == port && t.draining.IsZero() {
				t.draining = time.Now()
			}
		}
		return nil
	})
}

func (s *Server) describeTargetHealth(p url.Values) ([]node, *failure) {
	g, bad := s.groupOf(p)
	if bad != nil {
		return nil, bad
	}
	return []node{list("TargetHealthDescriptions", "member", g.targets, func(t *targetState) []node {
		state, reason, description := s.health(g, t)
		health := el("TargetHealth", tx("State", state))
		if reason != "" {
			health.kids = append(health.kids, tx("Reason", reason), tx("Description", description))
		}
		return []node{el("Target", tx("Id", t.id), num("Port", t.port)), tx("HealthCheckPort", "traffic-port"), health}
	})}, nil
}

func (s *Server) describeTargetGroups(p url.Values) ([]node, *failure) {
	asked := values(p, "TargetGroupArns.member")
	var found []*targetGroup
	for _, arn := range asked {
		g := s.targetGroup(arn)
		if g == nil {
			return nil, refuse("TargetGroupNotFound", "One or more target groups not found")
		}
		found = append(found, g)
	}
	if len(asked) == 0 {
		found = s.targets
	}
	return []node{list("TargetGroups", "member", found, func(g *targetGroup) []node {
		return []node{
			tx("TargetGroupArn", g.arn), tx("TargetGroupName", g.name), tx("Protocol", "HTTP"), num("Port", g.port),
			tx("VpcId", "vpc-1"),
			tx("TargetType", g.kind), tx("HealthCheckPath", "/health"),
			texts("LoadBalancerArns", g.balancers),
		}
	})}, nil
}

func (s *Server) describeTargetGroupAttributes(p url.Values) ([]node, *failure) {
	if _, bad := s.groupOf(p); bad != nil {
		return nil, bad
	}
	return []node{el("Attributes",
		el("member", tx("Key", "stickiness.enabled"), tx("Value", "false")),
		el("member", tx("Key", "deregistration_delay.timeout_seconds"),
			num("Value", int(s.Deregistration/time.Second))))}, nil
}
