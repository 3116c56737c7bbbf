package ec2_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func targetGroup(s *ec2test.Server, arn string) *ec2.TargetGroup {
	return valid(ec2.NewTargetGroupOver(account(), arn, s))
}

func member(t *testing.T, g *ec2.TargetGroup, id string) pool.Member {
	t.Helper()
	list, err := g.Members(t.Context())
	must(t, err)
	for _, m := range list {
		if m.ID == id {
			return m
		}
	}
	return pool.Member{}
}

func TestMembersOfATargetGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Health, s.Deregistration = 20*time.Second, time.Minute
		arn := s.AddTargetGroup("web", 80)
		g := targetGroup(s, arn)
		id := s.AddInstance("t3.small", nil)
		add := func() {
			must(t, g.Add(t.Context(), pool.Server{ID: id, Name: "web-1"}))
		}
		want := func(when string, state pool.MemberState, note string) {
			t.Helper()
			m := member(t, g, id)
			if m.State != state || m.Requests != -1 || note != "" && !strings.Contains(m.Note, note) || note == "" && m.Note != "" {
				t.Errorf("%s: %+v, want %s with a note of %q", when, m, state, note)
			}
		}
		add()
		want("at first", pool.Joining, "Initial health checks")
		time.Sleep(30 * time.Second)
		want("after its health check", pool.Serving, "")
		s.SetHealthy(arn, id, false)
		want("when its health check fails", pool.Down, "codes: [500]")
		s.SetHealthy(arn, id, true)
		s.Unuse(arn)
		want("without a load balancer", pool.Down, "no load balancer's listener")

		arn = s.AddTargetGroup("web2", 80)
		g = targetGroup(s, arn)
		add()
		time.Sleep(30 * time.Second)
		must(t, g.Drain(t.Context(), pool.Member{ID: id}))
		want("while it drains", pool.Draining, "")
		n := s.Count("DeregisterTargets")
		if err := g.Drain(t.Context(), pool.Member{ID: id}); err != nil || s.Count("DeregisterTargets") != n {
			t.Errorf("Drain of what drains: %v", err)
		}
		time.Sleep(30 * time.Second)
		add()
		want("when it comes back", pool.Joining, "Initial health checks")
		time.Sleep(30 * time.Second)
		must(t, g.Remove(t.Context(), pool.Member{ID: id}))
		if m := member(t, g, id); m.ID != "" || s.Targets(arn)[id] != "draining" {
			t.Errorf("after Remove there is %+v", m)
		}
		if m := member(t, targetGroup(s, arn), id); m.State != pool.Draining {
			t.Errorf("after a restart it is %+v, want it to drain still", m)
		}
		add()
		want("when it comes back", pool.Joining, "Initial health checks")
		s.Change(id, func(i *ec2test.Instance) { i.State = "stopping" })
		want("when it is off", pool.Down, "stopped state")
		s.Change(id, func(i *ec2test.Instance) { i.State = "terminated" })
		if m := member(t, g, id); m.ID != "" {
			t.Errorf("after its end there is %+v", m)
		}
	})
}

func TestMemberAtSeveralPorts(t *testing.T) {
	s := fake()
	s.Deregistration = time.Hour
	arn := s.AddTargetGroup("web", 80)
	g := targetGroup(s, arn)
	id := s.AddInstance("t3.small", nil)
	s.Register(arn, id, 8001)
	s.Register(arn, id, 8002)
	list, err := g.Members(t.Context())
	if err != nil || len(list) != 1 || list[0].State != pool.Serving {
		t.Fatalf("Members = %+v, %v", list, err)
	}
	must(t, g.Drain(t.Context(), list[0]))
	if m := member(t, g, id); m.State != pool.Draining {
		t.Errorf("after Drain it is %+v", m)
	}
}

func TestTargetGroupRefusesWhatIsNoInstance(t *testing.T) {
	s := fake()
	g := targetGroup(s, s.AddTargetGroup("web", 80))
	for id, says := range map[string]string{"web-1": "not an EC2 instance", "i-0123456789abcdef0": "not in a running state"} {
		if err := g.Add(t.Context(), pool.Server{ID: id, Name: "web-1"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Add of %s: %v", id, err)
		}
	}
	gone := strings.Replace(s.AddTargetGroup("other", 80), "other", "gone", 1)
	if _, err := targetGroup(s, gone).Members(t.Context()); err == nil || !strings.Contains(err.Error(), "EC2_TARGET_GROUP") {
		t.Errorf("Members of a group that is gone: %v", err)
	}
	for arn, says := range map[string]string{
		"":                                     "must be an ARN",
		"web":                                  "must be an ARN",
		strings.Replace(gone, "eu-", "us-", 1): "but the configured region is",
	} {
		if _, err := ec2.NewTargetGroup(account(), arn); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("NewTargetGroup(%q): %v", arn, err)
		}
	}
}

type checked struct{ what, found, err string }

type checker interface {
	Check(ctx context.Context, report func(what, found string, err error))
}

func check(t *testing.T, c checker) (out []checked) {
	t.Helper()
	c.Check(t.Context(), func(what, found string, err error) {
		line := checked{what, found, ""}
		if err != nil {
			line.err = err.Error()
		}
		out = append(out, line)
	})
	return out
}

// Each line of want is what and found, and the error after a bar.
func wantChecked(t *testing.T, got []checked, want ...string) {
	t.Helper()
	var lines []string
	for _, c := range got {
		lines = append(lines, c.what+": "+c.found+"|"+c.err)
	}
	ok := len(lines) == len(want)
	for n := range min(len(lines), len(want)) {
		found, bad, _ := strings.Cut(want[n], "|")
		has := strings.SplitN(lines[n], "|", 2)
		ok = ok && has[0] == found && strings.Contains(has[1], bad) && (bad != "" || has[1] == "")
	}
	if !ok {
		t.Errorf("the check reports\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckOfAProvider(t *testing.T) {
	s := fake()
	p := provider(s)
	create(t, p, "web-1")
	credentials := "credentials: access key AKIAFAKEFAKEFAKEFAKE, in eu-central-1"
	wantChecked(t, check(t, p), credentials, "servers of the pool web: 1", "launch template: web-servers, version 1: image ami-0abc, t3.small",
		"create a server: permitted (dry run)")
	if slices.ContainsFunc(s.Calls()[2:], func(c ec2test.Call) bool { return changes(c) && c.Params.Get("DryRun") != "true" }) {
		t.Error("the check changed something")
	}
	wantChecked(t, check(t, byRole(s))[:1], "credentials: the instance's role autoscalebot, in eu-central-1")

	mend := s.Fail("RunInstances", 1, ec2test.Fault{Status: 403, ID: "UnauthorizedOperation", Message: "No."})
	wantChecked(t, check(t, p)[3:], "create a server: permitted (dry run)|docs/pools/aws.md")
	mend()
	s.AddTemplate("bare", "", "")
	p = valid(ec2.NewOver(ec2.Options{Account: account(), Pool: "web", LaunchTemplate: "bare"}, s))
	wantChecked(t, check(t, p)[2:], "launch template: bare, version 1: image not set, no instance type|neither the template nor SIZES sets an instance type")
	p = valid(ec2.NewOver(ec2.Options{Account: account(), Pool: "web", LaunchTemplate: "web-servers:9"}, s))
	wantChecked(t, check(t, p)[2:], "launch template: |EC2_LAUNCH_TEMPLATE")
	s.Fail("DescribeInstances", -1, ec2test.Fault{Status: 401, ID: "AuthFailure", Message: "No."})
	wantChecked(t, check(t, p), credentials, "servers of the pool web: 0|AWS does not know the access key")
}

func TestCheckOfATargetGroup(t *testing.T) {
	s := fake()
	s.Deregistration = 2 * time.Minute
	arn := s.AddTargetGroup("web", 80)
	g := targetGroup(s, arn)
	const group = "target group: web, HTTP on port 80, health check /health, drains for 120 s"
	wantChecked(t, check(t, g), group, "targets: 0")
	for n := range 3 {
		id := s.AddInstance("t3.small", nil)
		s.Register(arn, id, 0)
		s.SetHealthy(arn, id, n != 1)
	}
	wantChecked(t, check(t, g), group, "targets: 3, 2 serving, 1 down")
	s.SetKind(arn, "ip")
	wantChecked(t, check(t, g)[:1], group+"|target type is ip")
	s.SetKind(arn, "instance")
	s.Unuse(arn)
	wantChecked(t, check(t, g)[:1], group+"|no load balancer uses it")
}
