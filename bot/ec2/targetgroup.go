package ec2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A TargetGroup is one of an Elastic Load Balancer, whose targets are instances. It may be used from several
// goroutines.
//
// A member that drains gets no new requests, and is gone from the group when the group's deregistration delay is over,
// 300 s unless somebody set another. AWS tells neither how many requests are under way, nor that the last has ended
// before the delay has.
type TargetGroup struct {
	arn    string
	client *client

	mu      sync.Mutex
	removed map[string]bool // those that still drain after they were removed
}

var targetGroupARN = regexp.MustCompile(`^arn:[a-z-]+:elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16,17}$`)

// NewTargetGroup makes a TargetGroup by its ARN. It calls nobody; its errors say all that is wrong, and never tell a
// secret.
func NewTargetGroup(a Account, arn string) (*TargetGroup, error) {
	return newTargetGroup(a, arn, dialer())
}

func newTargetGroup(a Account, arn string, inner http.RoundTripper) (*TargetGroup, error) {
	errs := []error{a.check()}
	parts := targetGroupARN.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		errs = append(errs, fmt.Errorf("the target group %q is no ARN of one: it looks like "+
			"arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef", web.Line(arn)))
	case parts[1] != a.Region:
		errs = append(errs, fmt.Errorf("the target group is in the region %s, and the region is set to %s: they have "+
			"to be the same", parts[1], web.Line(a.Region)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &TargetGroup{arn: arn, client: newClient(a, inner)}, nil
}

// An instance may be there once for each of its ports.
type target struct {
	ID          string `xml:"Target>Id"`
	Port        int    `xml:"Target>Port"`
	State       string `xml:"TargetHealth>State"`
	Reason      string `xml:"TargetHealth>Reason"`
	Description string `xml:"TargetHealth>Description"`
}

// Members reads the targets and their health. One that is registered with several ports is one member, which serves
// while any of them does.
func (g *TargetGroup) Members(ctx context.Context) ([]pool.Member, error) {
	var members []pool.Member
	err := do(ctx, "read the target group's members", func(ctx context.Context) error {
		targets, err := g.targets(ctx)
		for _, t := range g.withoutRemoved(targets) {
			m := pool.Member{ID: t.ID, State: t.state(), Requests: -1, Note: t.note()}
			if at := slices.IndexFunc(members, func(o pool.Member) bool { return o.ID == m.ID }); at < 0 {
				members = append(members, m)
			} else if rank(m.State) < rank(members[at].State) {
				members[at] = m
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return members, nil
}

// The state of the lowest rank speaks for a member's several registrations.
func rank(s pool.MemberState) int {
	return slices.Index([]pool.MemberState{pool.Serving, pool.Joining, pool.Down, pool.Draining}, s)
}

func (t target) state() pool.MemberState {
	switch t.State {
	case "initial":
		return pool.Joining
	case "healthy", "unavailable": // unavailable: its health is not checked
		return pool.Serving
	case "draining":
		return pool.Draining
	}
	return pool.Down // unhealthy, unused, unhealthy.draining
}

func (t target) note() string {
	switch {
	case t.State == "healthy" || t.State == "draining":
		return ""
	case t.Reason == "Target.NotInUse":
		return "no load balancer's listener uses the target group"
	case t.Description != "":
		return web.Line(t.Description)
	}
	return web.Line(t.Reason)
}

// A target that is shown as unused because it is not registered is left out.
func (g *TargetGroup) targets(ctx context.Context) ([]target, error) {
	var a struct {
		Targets []target `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
	}
	err := g.client.call(ctx, serviceELB, harmless, "DescribeTargetHealth", g.params(), &a)
	return slices.DeleteFunc(a.Targets, func(t target) bool { return t.Reason == "Target.NotRegistered" }), err
}

func (g *TargetGroup) params() url.Values { return url.Values{"TargetGroupArn": {g.arn}} }

// Add registers a server at the target group's own port. One that drains takes requests again.
func (g *TargetGroup) Add(ctx context.Context, s pool.Server) error {
	return do(ctx, "put the server "+web.Line(s.Name)+" ("+web.Line(s.ID)+") behind the target group",
		func(ctx context.Context) error {
			if !instanceID.MatchString(s.ID) {
				return errors.New("it is no EC2 instance, whose id looks like i-0123456789abcdef0")
			}
			g.forget(s.ID)
			params := g.params()
			params.Set("Targets.member.1.Id", s.ID)
			return g.client.call(ctx, serviceELB, harmless, "RegisterTargets", params, nil)
		})
}

// Drain takes a member's registrations out of the group, which ends new requests and lets those under way go on for the
// deregistration delay. After that, it is no member any more.
func (g *TargetGroup) Drain(ctx context.Context, m pool.Member) error {
	return g.deregister(ctx, "drain", m)
}

// Remove does what Drain does, and the member is not told of any more from then on. AWS itself shows it, and keeps its
// connections open, until the deregistration delay is over or the server ends.
func (g *TargetGroup) Remove(ctx context.Context, m pool.Member) error {
	if err := g.deregister(ctx, "take out", m); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.removed == nil {
		g.removed = make(map[string]bool)
	}
	g.removed[m.ID] = true
	return nil
}

func (g *TargetGroup) forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.removed, id)
}

// withoutRemoved also forgets what drains no more.
func (g *TargetGroup) withoutRemoved(targets []target) []target {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.removed {
		if !slices.ContainsFunc(targets, func(t target) bool { return t.ID == id && t.State == "draining" }) {
			delete(g.removed, id)
		}
	}
	return slices.DeleteFunc(targets, func(t target) bool { return g.removed[t.ID] && t.State == "draining" })
}

func (g *TargetGroup) deregister(ctx context.Context, verb string, m pool.Member) error {
	return do(ctx, verb+" the target group's member "+web.Line(m.ID), func(ctx context.Context) error {
		targets, err := g.targets(ctx)
		if err != nil {
			return err
		}
		params, n := g.params(), 0
		for _, t := range targets {
			if t.ID != m.ID || t.State == "draining" {
				continue
			}
			n++
			prefix := "Targets.member." + strconv.Itoa(n) + "."
			params.Set(prefix+"Id", t.ID)
			if t.Port != 0 {
				params.Set(prefix+"Port", strconv.Itoa(t.Port))
			}
		}
		if n == 0 {
			return nil
		}
		err = g.client.call(ctx, serviceELB, harmless, "DeregisterTargets", params, nil)
		if codeOf(err) == "InvalidTarget" {
			return nil // it has gone since
		}
		return err
	})
}
