package ec2_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

// Retries do not help against it.
var broken = ec2test.Fault{Status: 403, ID: "UnauthorizedOperation", Message: "Not authorized: " + ec2test.SecretKey}

func started(t *testing.T) (*ec2test.Server, ec2.Account) {
	s := fake()
	t.Cleanup(s.Start())
	a := account()
	a.Endpoint, a.Metadata = s.URL, s.URL
	return s, a
}

func TestProviderKeepsTheContract(t *testing.T) {
	pooltest.Provider(t, func(t *testing.T) pooltest.ProviderFixture {
		s, a := started(t)
		s.Boot, s.End, s.Lag = 30*time.Millisecond, 30*time.Millisecond, 30*time.Millisecond
		p := valid(ec2.New(options(a)))
		return pooltest.ProviderFixture{
			Provider: p,
			Size:     "t3.large",
			Exists: func(id string) bool {
				return slices.ContainsFunc(s.Instances(), func(i ec2test.Instance) bool { return i.ID == id && i.State != "shutting-down" })
			},
			Foreign: func() string { return s.AddInstance("t3.small", map[string]string{"Name": "web-1"}) },
			Break:   func() func() { return s.Fail("", -1, broken) },
			Refuse: func() func() {
				return s.Fail("RunInstances", -1, ec2test.Fault{Status: 500, ID: "InsufficientInstanceCapacity", Message: "No capacity."})
			},
			Secrets: []string{ec2test.SecretKey},
		}
	})
}

func TestTargetGroupKeepsTheContract(t *testing.T) {
	pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
		s, a := started(t)
		s.Health, s.Deregistration = 20*time.Millisecond, 50*time.Millisecond
		arn := s.AddTargetGroup("web", 80)
		g := valid(ec2.NewTargetGroup(a, arn))
		return pooltest.BalancerFixture{
			Balancer: g,
			Server: func(name string) pool.Server {
				return pool.Server{ID: s.AddInstance("t3.small", nil), Name: name, Address: "10.0.0.1", State: pool.Active}
			},
			Foreign: func() (id, name string) {
				id = s.AddInstance("t3.small", nil)
				s.Register(arn, id, 0)
				return id, ""
			},
			Serves:  func(v pool.Server) bool { return s.Targets(arn)[v.ID] == "healthy" },
			Break:   func() func() { return s.Fail("", -1, broken) },
			Secrets: []string{ec2test.SecretKey},
		}
	})
}
