package ec2_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A real pool on servers that take their time, with lagging reads and occasional failures. It grows, is killed and restarted, replaces a
// server that somebody ended, and shrinks without waiting for the whole deregistration delay.
func TestPoolOnEC2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Boot, s.End, s.Lag, s.Health, s.Deregistration = 40*time.Second, 50*time.Second, 8*time.Second, 30*time.Second, 5*time.Minute
		arn := s.AddTargetGroup("web", 80)
		s.Register(arn, s.AddInstance("t3.small", map[string]string{"Name": "web-1"}), 0) // somebody else's
		var end context.CancelFunc
		ended := make(chan struct{})
		begin := func() *pool.Pool {
			t.Helper()
			p, err := pool.New(pool.Options{
				Name: "web", Provider: provider(s), Balancer: targetGroup(s, arn),
				Limits: func(time.Time) (least, most int) { return 1, 5 },
			})
			must(t, err)
			var ctx context.Context
			ctx, end = context.WithCancel(t.Context())
			ended = make(chan struct{})
			go func() { defer close(ended); _ = p.Run(ctx) }()
			time.Sleep(time.Minute)
			return p
		}
		kill := func() { end(); <-ended }
		want := func(when string, p *pool.Pool, servers int) {
			t.Helper()
			serving := 0
			for _, state := range s.Targets(arn) {
				if state == "healthy" {
					serving++
				}
			}
			if n, settled, err := p.Size(t.Context()); n != servers || !settled || err != nil || living(s) != servers || serving != servers+1 {
				t.Errorf("%s: %d wanted, settled %v, %v; %d live, %d serve with somebody else's; want %d", when, n, settled, err, living(s), serving, servers)
			}
		}
		resize := func(p *pool.Pool, n int) {
			t.Helper()
			must(t, p.Resize(t.Context(), n))
		}

		p := begin()
		time.Sleep(4 * time.Minute)
		want("at first", p, 1)
		s.Fail("RunInstances", 1, ec2test.Fault{Applied: true})
		s.Fail("RegisterTargets", 1, ec2test.Throttled)
		resize(p, 3)
		time.Sleep(20 * time.Second)
		kill()
		p = begin()
		time.Sleep(5 * time.Minute)
		resize(p, 3) // as a bot repeats at its next heartbeat
		time.Sleep(5 * time.Minute)
		want("after a lost answer and a restart", p, 3)

		for _, i := range s.Instances() {
			if i.Tags["Name"] == "web-2" {
				s.Change(i.ID, func(i *ec2test.Instance) { i.State = "terminated" })
			}
		}
		time.Sleep(10 * time.Minute)
		want("after somebody ended one", p, 3)

		resize(p, 1)
		time.Sleep(150 * time.Second) // 60 s to drain, and 50 s to end
		if n := living(s); n != 1 {
			t.Errorf("%d servers live 150 s after the order", n)
		}
		time.Sleep(10 * time.Minute)
		want("in the end", p, 1)
		kill()
	})
}

var (
	_ pool.Provider    = (*ec2.Provider)(nil)
	_ pool.Cataloger   = (*ec2.Provider)(nil)
	_ pool.Snapshotter = (*ec2.Provider)(nil)
	_ pool.Resizer     = (*ec2.Provider)(nil)
	_ pool.Balancer    = (*ec2.TargetGroup)(nil)
)
