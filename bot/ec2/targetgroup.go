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

// A TargetGroup is a target group of an Elastic Load Balancer with instances as targets. It is safe for concurrent use.
//
// A draining member gets no new requests, and leaves the group after the group's deregistration delay, 300 s by
// default. AWS reports neither the number of requests in flight, nor when the last one ended.
type TargetGroup struct {
	arn    string
	client *client

	mu      sync.Mutex
	removed map[string]bool // removed members that still drain
}

var targetGroupARN = regexp.MustCompile(`^arn:[a-z-]+:elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16,17}$`)

// NewTargetGroup opens a TargetGroup by its ARN. It makes no calls. Its error names everything wrong, and contains no
// secrets.
func NewTargetGroup(a Account, arn string) (*TargetGroup, error) {
	return newTargetGroup(a, arn, dialer())
}

func newTargetGroup(a Account, arn string, inner http.RoundTripper) (*TargetGroup, error) {
	errs := []error{a.check()}
	parts := targetGroupARN.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		errs = append(errs, fmt.Errorf("invalid target group %q: must be an ARN such as "+
			"arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef", web.Line(arn)))
	case parts[1] != a.Region:
		errs = append(errs, fmt.Errorf("the target group is in region %s, but the configured region is %s",
			parts[1], web.Line(a.Region)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &TargetGroup{arn: arn, client: newClient(a, inner)}, nil
}

// An instance appears once for each of its ports.
type target struct {
	ID          string `xml:"Target>Id"`
	Port        int    `xml:"Target>Port"`
	State       string `xml:"TargetHealth>State"`
	Reason      string `xml:"TargetHealth>Reason"`
	Description string `xml:"TargetHealth>Description"`
}

// Members reads the targets and their health. An instance registered with several ports is one member, which serves if
// any of them does.
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

// The state of the lowest rank represents a member's registrations.
func rank(s pool.MemberState) int {
	return slices.Index([]pool.MemberState{pool.Serving, pool.Joining, pool.Down, pool.Draining}, s)
}

func (t target) state() pool.MemberState {
	switch t.State {
	case "initial":
		return pool.Joining
	case "healthy", "unavailable": // unavailable: without a health check
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

// AWS shows an unregistered target as unused. It is left out.
func (g *TargetGroup) targets(ctx context.Context) ([]target, error) {
	var a struct {
		Targets []target `xml:"DescribeTargetHealthResult>TargetHealthDescriptions>member"`
	}
	err := g.client.call(ctx, serviceELB, harmless, "DescribeTargetHealth", g.params(), &a)
	return slices.DeleteFunc(a.Targets, func(t target) bool { return t.Reason == "Target.NotRegistered" }), err
}

func (g *TargetGroup) params() url.Values { return url.Values{"TargetGroupArn": {g.arn}} }

// Add registers a server with the target group's port, or a draining one again.
func (g *TargetGroup) Add(ctx context.Context, s pool.Server) error {
	return do(ctx, "put the server "+web.Line(s.Name)+" ("+web.Line(s.ID)+") behind the target group",
		func(ctx context.Context) error {
			if !instanceID.MatchString(s.ID) {
				return errors.New("not an EC2 instance, whose id is such as i-0123456789abcdef0")
			}
			g.forget(s.ID)
			params := g.params()
			params.Set("Targets.member.1.Id", s.ID)
			return g.client.call(ctx, serviceELB, harmless, "RegisterTargets", params, nil)
		})
}

// Drain deregisters a member. New requests stop, and those in flight continue for the deregistration delay. After that,
// the server is no longer a member.
func (g *TargetGroup) Drain(ctx context.Context, m pool.Member) error {
	return g.deregister(ctx, "drain", m)
}

// Remove deregisters a member and hides it from Members. AWS shows it, and keeps its connections open, until the
// deregistration delay is over or the server ends.
func (g *TargetGroup) Remove(ctx context.Context, m pool.Member) error {
	if err := g.deregister(ctx, "remove", m); err != nil {
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

// Also forgets members that no longer drain.
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
