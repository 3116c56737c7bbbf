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

// The longest time that a change of an Auto Scaling group counts as under way. A change that AWS cannot complete, for
// lack of capacity for example, would otherwise block the bot forever.
const changeLimit = 10 * time.Minute

// A Group is an Auto Scaling group, a platform of its own without a pool. The bot sets its desired capacity. It is safe
// for concurrent use.
type Group struct {
	name   string
	client *client

	mu        sync.Mutex
	desired   int       // as of the last read
	since     time.Time // when it was first read
	leftAlone string    // why the group is left alone, as of the last Size
}

// NewGroup opens a Group by its name. It makes no calls. Its error names everything wrong, and contains no secrets.
func NewGroup(a Account, name string) (*Group, error) { return newGroup(a, name, dialer()) }

func newGroup(a Account, name string, inner http.RoundTripper) (*Group, error) {
	errs := []error{a.check()}
	if name == "" || len(name) > 255 || strings.Contains(name, ":") || web.Line(name) != name {
		errs = append(errs, fmt.Errorf("invalid name of the Auto Scaling group %q: must be 1 to 255 "+
			"characters without "+
			"a colon", web.Line(name)))
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
	Status    string   `xml:"Status"` // empty, or the progress of its deletion
	Suspended []string `xml:"SuspendedProcesses>member>ProcessName"`
	Instances []member `xml:"Instances>member"`
	Targets   []string `xml:"TargetGroupARNs>member"`
}

type member struct {
	ID     string `xml:"InstanceId"`
	State  string `xml:"LifecycleState"`
	Health string `xml:"HealthStatus"`
	Weight string `xml:"WeightedCapacity"` // in units of the desired capacity; empty means 1
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

// No instance is in transition, and the desired number is in service. Somebody put an instance on standby, so it
// does not count. Those of a warm pool are stopped.
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
	return groupState{}, errors.New("the group does not exist in region " + g.client.account.Region +
		". Check EC2_AUTOSCALING_GROUP (`aws autoscaling describe-auto-scaling-groups` lists the groups)")
}

// Size reads the desired capacity. It is settled when the desired number of instances is in service, or ten minutes
// after the last change of the desired capacity.
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

// LeftAlone returns why the group is left alone as of the last Size, or "".
func (g *Group) LeftAlone() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leftAlone
}

// Up returns the part of the desired capacity that is in service and healthy.
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
		return fmt.Errorf("scale the Auto Scaling group %s to %d: must be 0 or more", g.name, n)
	}
	return do(ctx, "scale the Auto Scaling group "+g.name+" to "+strconv.Itoa(n), func(ctx context.Context) error {
		s, err := g.read(ctx)
		switch {
		case err != nil:
			return err
		case n < s.Min:
			return fmt.Errorf("the group's MinSize is %d. Raise MIN_DYNOS, or lower MinSize", s.Min)
		case n > s.Max:
			return fmt.Errorf("the group's MaxSize is %d. Lower MAX_DYNOS, or raise MaxSize", s.Max)
		}
		return g.client.call(ctx, serviceAutoScaling, harmless, "SetDesiredCapacity", url.Values{
			"AutoScalingGroupName": {g.name}, "DesiredCapacity": {strconv.Itoa(n)}, "HonorCooldown": {"false"},
		}, nil)
	})
}

func (g *Group) do(ctx context.Context, verb string, fn func(context.Context) error) error {
	return do(ctx, strings.TrimSpace(verb)+" the Auto Scaling group "+g.name, fn)
}
