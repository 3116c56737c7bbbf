package ec2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// changeLimit is how long a change of an Auto Scaling group can be under way at most. One that AWS cannot carry out for
// longer, for lack of capacity say, would otherwise keep the bot from changing anything for ever.
const changeLimit = 10 * time.Minute

// A Group is an Auto Scaling group, whose desired capacity is set: a platform of its own, without a pool. It may be
// used from several goroutines.
type Group struct {
	name   string
	client *client

	mu        sync.Mutex
	desired   int       // as of the last look
	since     time.Time // when it was first seen so
	leftAlone string    // why the group is to be left alone, as of the last Size
}

// NewGroup makes a Group by its name. It calls nobody; its errors say all that is wrong, and never tell a secret.
func NewGroup(a Account, name string) (*Group, error) { return newGroup(a, name, dialer()) }

func newGroup(a Account, name string, inner http.RoundTripper) (*Group, error) {
	errs := []error{a.check()}
	if name == "" || len(name) > 255 || strings.Contains(name, ":") || web.Line(name) != name {
		errs = append(errs, fmt.Errorf("the Auto Scaling group's name %q is none: it has 1 to 255 characters "+
			"and no colon", web.Line(name)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Group{name: name, client: newClient(a, inner), desired: -1}, nil
}

type groupState struct {
	Name      string   `xml:"AutoScalingGroupName"`
	Min       int      `xml:"MinSize"`
	Max       int      `xml:"MaxSize"`
	Desired   int      `xml:"DesiredCapacity"`
	Status    string   `xml:"Status"` // empty, or what is done to delete it
	Suspended []string `xml:"SuspendedProcesses>member>ProcessName"`
	Instances []member `xml:"Instances>member"`
	Targets   []string `xml:"TargetGroupARNs>member"`
}

type member struct {
	ID     string `xml:"InstanceId"`
	State  string `xml:"LifecycleState"`
	Health string `xml:"HealthStatus"`
	Weight string `xml:"WeightedCapacity"` // of the desired capacity; empty is 1
}

func (m member) weight() int {
	if n, err := strconv.Atoi(m.Weight); err == nil && n > 0 {
		return n
	}
	return 1
}

func (s groupState) inService() (n int) {
	for _, m := range s.Instances {
		if m.State == "InService" && m.Health != "Unhealthy" {
			n += m.weight()
		}
	}
	return n
}

// settled reports whether every instance is where it should be, and there are as many as wanted. One on standby was put
// there by hand, and counts for nothing; those of a warm pool are stopped.
func (s groupState) settled() bool {
	for _, m := range s.Instances {
		if m.State != "InService" && m.State != "Standby" && !strings.HasPrefix(m.State, "Warmed:") {
			return false
		}
	}
	return s.inService() >= s.Desired
}

func (s groupState) whyLeftAlone() string {
	if s.Status != "" {
		return "the Auto Scaling group is being deleted"
	}
	for _, process := range []string{"Launch", "Terminate"} {
		if slices.Contains(s.Suspended, process) {
			return "the Auto Scaling group's process " + process + " is suspended"
		}
	}
	return ""
}

func (g *Group) read(ctx context.Context) (groupState, error) {
	var a struct {
		Groups []groupState `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
	}
	params := url.Values{"AutoScalingGroupNames.member.1": {g.name}}
	if err := g.client.call(ctx, serviceAutoScaling, harmless, "DescribeAutoScalingGroups", params, &a); err != nil {
		return groupState{}, err
	}
	for _, s := range a.Groups {
		if s.Name == g.name {
			return s, nil
		}
	}
	return groupState{}, errors.New("there is none of that name in the region " + g.client.account.Region +
		": check EC2_AUTOSCALING_GROUP (`aws autoscaling describe-auto-scaling-groups` lists those there are)")
}

// Size reads the desired capacity. It is settled when all instances are in service and as many as desired, or ten
// minutes after the desired capacity changed at the latest.
func (g *Group) Size(ctx context.Context) (n int, settled bool, err error) {
	err = g.do(ctx, "read", func(ctx context.Context) error {
		s, err := g.read(ctx)
		if err != nil {
			return err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if s.Desired != g.desired {
			g.desired, g.since = s.Desired, time.Now()
		}
		n, settled = s.Desired, s.settled() || time.Since(g.since) >= changeLimit
		g.leftAlone = s.whyLeftAlone()
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	return n, settled, nil
}

// LeftAlone says why the group is to be left alone, as of the last Size, or "".
func (g *Group) LeftAlone() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leftAlone
}

// Up tells how much of the desired capacity is in service and healthy.
func (g *Group) Up(ctx context.Context) (n int, err error) {
	err = g.do(ctx, "read", func(ctx context.Context) error {
		s, err := g.read(ctx)
		n = s.inService()
		return err
	})
	return n, err
}

// Resize sets the desired capacity, within the group's own limits.
func (g *Group) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale the Auto Scaling group %s to %d: a capacity is 0 or more", g.name, n)
	}
	return g.do(ctx, "scale to "+strconv.Itoa(n)+" ", func(ctx context.Context) error {
		s, err := g.read(ctx)
		switch {
		case err != nil:
			return err
		case n < s.Min:
			return fmt.Errorf("the group itself keeps at least %d (MinSize): raise MIN_DYNOS, or lower the "+
				"group's MinSize", s.Min)
		case n > s.Max:
			return fmt.Errorf("the group itself allows at most %d (MaxSize): lower MAX_DYNOS, or raise the "+
				"group's MaxSize", s.Max)
		}
		return g.client.call(ctx, serviceAutoScaling, harmless, "SetDesiredCapacity", url.Values{
			"AutoScalingGroupName": {g.name}, "DesiredCapacity": {strconv.Itoa(n)}, "HonorCooldown": {"false"},
		}, nil)
	})
}

func (g *Group) do(ctx context.Context, verb string, fn func(context.Context) error) error {
	return do(ctx, strings.TrimSpace(verb)+" the Auto Scaling group "+g.name, fn)
}
