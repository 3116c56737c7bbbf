package ec2test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A Group is an Auto Scaling group.
type Group struct {
	Name              string
	Min, Max, Desired int
	Suspended         []string // processes, such as Launch
	Policies          []string // names of its own scaling policies
	Deleting          bool
}

type group struct {
	Group
	instances []*groupInstance
}

type groupInstance struct {
	id    string
	state string
	since time.Time
}

// AddGroup adds an Auto Scaling group, whose instances are in service.
func (s *Server) AddGroup(g Group) {
	defer s.Lock()()
	x := &group{Group: g}
	s.groups = append(s.groups, x)
	s.reconcile(x)
	for _, i := range x.instances {
		i.state = "InService"
	}
}

// SetGroup calls fn to change a group, as another user of the account would.
func (s *Server) SetGroup(name string, fn func(*Group)) {
	defer s.Lock()()
	if g := s.group(name); g != nil {
		fn(&g.Group)
		s.reconcile(g)
	}
}

// GroupSize returns the number of a group's instances, including those in transition, and its desired capacity.
func (s *Server) GroupSize(name string) (instances, desired int) {
	defer s.Lock()()
	g := s.group(name)
	if g == nil {
		return 0, 0
	}
	s.reconcile(g)
	return len(g.instances), g.Desired
}

func (s *Server) group(name string) *group {
	for _, g := range s.groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

func (s *Server) reconcile(g *group) {
	for _, i := range g.instances {
		if i.state == "Pending" && time.Since(i.since) >= s.Boot {
			i.state = "InService"
		}
	}
	g.instances = slices.DeleteFunc(g.instances,
		func(i *groupInstance) bool { return i.state == "Terminating" && time.Since(i.since) >= s.End })
	staying := 0
	for _, i := range g.instances {
		if i.state == "Terminating" {
			continue
		}
		if staying++; staying > g.Desired && !slices.Contains(g.Suspended, "Terminate") {
			i.state, i.since = "Terminating", time.Now()
		}
	}
	for ; staying < g.Desired && !slices.Contains(g.Suspended, "Launch"); staying++ {
		g.instances = append(g.instances, &groupInstance{s.newID("i-"), "Pending", time.Now()})
	}
}

func (s *Server) describeGroups(p url.Values) ([]node, *failure) {
	names := values(p, "AutoScalingGroupNames.member")
	var found []*group
	for _, g := range s.groups {
		if len(names) == 0 || slices.Contains(names, g.Name) {
			s.reconcile(g)
			found = append(found, g)
		}
	}
	return []node{list("AutoScalingGroups", "member", found, func(g *group) []node {
		nodes := []node{
			tx("AutoScalingGroupName", g.Name), num("MinSize", g.Min), num("MaxSize", g.Max),
			num("DesiredCapacity", g.Desired),
			num("DefaultCooldown", 300), tx("HealthCheckType", "ELB"), at("CreatedTime", time.Now()),
			list("SuspendedProcesses", "member", g.Suspended,
				func(n string) []node { return []node{tx("ProcessName", n)} }),
			list("Instances", "member", g.instances, func(i *groupInstance) []node {
				return []node{
					tx("InstanceId", i.id), tx("AvailabilityZone", Region+"a"), tx("LifecycleState", i.state),
					tx("HealthStatus", "Healthy"),
					tx("ProtectedFromScaleIn", "false"),
				}
			}),
		}
		if g.Deleting {
			nodes = append(nodes, tx("Status", "Delete in progress"))
		}
		return nodes
	})}, nil
}

func (s *Server) setDesiredCapacity(p url.Values) ([]node, *failure) {
	g := s.group(p.Get("AutoScalingGroupName"))
	n, err := strconv.Atoi(p.Get("DesiredCapacity"))
	switch {
	case g == nil:
		return nil, refuse("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '%s' not found",
			p.Get("AutoScalingGroupName"))
	case err != nil:
		return nil, refuse("ValidationError", "DesiredCapacity is not a number")
	case n < g.Min:
		return nil, refuse("ValidationError",
			"New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, g.Min)
	case n > g.Max:
		return nil, refuse("ValidationError",
			"New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, g.Max)
	case p.Get("HonorCooldown") == "true":
		return nil, &failure{http.StatusBadRequest, "ScalingActivityInProgress", "Scaling activity in progress"}
	}
	g.Desired = n
	s.reconcile(g)
	return nil, nil
}

func (s *Server) describePolicies(p url.Values) ([]node, *failure) {
	g := s.group(p.Get("AutoScalingGroupName"))
	if g == nil {
		return nil, refuse("ValidationError", "Group %s not found", p.Get("AutoScalingGroupName"))
	}
	return []node{list("ScalingPolicies", "member", g.Policies, func(n string) []node {
		return []node{tx("PolicyName", n), tx("PolicyType", "TargetTrackingScaling"), tx("Enabled", "true")}
	})}, nil
}
