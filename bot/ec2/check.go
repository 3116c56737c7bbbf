package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Check tests everything needed to create servers, and changes nothing: the credentials, the pool's servers, the launch
// template, and the permission to create a server. It reports what it found and what is wrong for each, and skips what
// an earlier failure makes impossible.
func (p *Provider) Check(ctx context.Context, report func(what, found string, err error)) {
	if !p.client.checkCredentials(ctx, report) {
		return
	}
	list, err := p.List(ctx)
	report("servers of the pool "+p.o.Pool, fmt.Sprintf("%d", len(list)), err)
	if err != nil {
		return
	}
	var found string
	err = do(ctx, "read the launch template "+p.from.String(), func(ctx context.Context) error {
		found, err = p.readTemplate(ctx)
		return err
	})
	report("launch template", found, err)
	if err != nil {
		return
	}
	err = do(ctx, "check the permission to create a server", func(ctx context.Context) error {
		_, err := p.run(ctx, pool.Order{Name: "check"}, p.token(pool.Order{}, "", 0), true)
		if codeOf(err) == "DryRunOperation" { // AWS's name for: it would have succeeded
			return nil
		}
		if err == nil {
			return errors.New("AWS ignored the dry run")
		}
		return err
	})
	report("create a server", "permitted (dry run)", err)
}

func (p *Provider) readTemplate(ctx context.Context) (string, error) {
	var a struct {
		Versions []struct {
			Number int    `xml:"versionNumber"`
			Image  string `xml:"launchTemplateData>imageId"`
			Type   string `xml:"launchTemplateData>instanceType"`
		} `xml:"launchTemplateVersionSet>item"`
	}
	params := url.Values{"LaunchTemplateVersion.1": {p.from.version}}
	p.from.params(params, "")
	if err := p.client.call(ctx, serviceEC2, harmless, "DescribeLaunchTemplateVersions", params, &a); err != nil {
		return "", err
	}
	if len(a.Versions) == 0 {
		return "", errors.New("the version does not exist")
	}
	v := a.Versions[0]
	found := fmt.Sprintf("%s, version %d: image %s, %s", p.from.id+p.from.name, v.Number,
		cmp.Or(v.Image, "not set"), cmp.Or(v.Type, "no instance type"))
	if v.Type == "" && len(p.o.Sizes) == 0 {
		return found, errors.New("neither the template nor SIZES sets an instance type. Set one of them")
	}
	return web.Line(found), nil
}

// The first call shows whether AWS accepts the credentials.
func (c *client) checkCredentials(ctx context.Context, report func(what, found string, err error)) bool {
	err := do(ctx, "get credentials", func(ctx context.Context) error {
		_, err := c.creds.get(ctx)
		return err
	})
	if err != nil {
		report("credentials", "", err)
		return false
	}
	report("credentials", c.creds.who()+", in "+c.account.Region, nil)
	return true
}

// Check tests the target group and its load balancer.
func (g *TargetGroup) Check(ctx context.Context, report func(what, found string, err error)) {
	var found string
	err := do(ctx, "read the target group", func(ctx context.Context) (err error) {
		found, err = g.readGroup(ctx)
		return err
	})
	report("target group", found, err)
	if found == "" {
		return
	}
	members, err := g.Members(ctx)
	count := map[pool.MemberState]int{}
	for _, m := range members {
		count[m.State]++
	}
	found = fmt.Sprintf("%d", len(members))
	for _, s := range []pool.MemberState{pool.Serving, pool.Joining, pool.Down, pool.Draining} {
		if count[s] > 0 {
			found += fmt.Sprintf(", %d %s", count[s], s)
		}
	}
	report("targets", found, err)
}

func (g *TargetGroup) readGroup(ctx context.Context) (found string, err error) {
	var a struct {
		Groups []struct {
			Name      string   `xml:"TargetGroupName"`
			Protocol  string   `xml:"Protocol"`
			Port      int      `xml:"Port"`
			Type      string   `xml:"TargetType"`
			Path      string   `xml:"HealthCheckPath"`
			Balancers []string `xml:"LoadBalancerArns>member"`
		} `xml:"DescribeTargetGroupsResult>TargetGroups>member"`
	}
	err = g.client.call(ctx, serviceELB, harmless, "DescribeTargetGroups",
		url.Values{"TargetGroupArns.member.1": {g.arn}}, &a)
	if err != nil {
		return "", err
	}
	if len(a.Groups) != 1 {
		return "", errors.New("the target group does not exist")
	}
	t := a.Groups[0]
	found = fmt.Sprintf("%s, %s on port %d", t.Name, t.Protocol, t.Port)
	if t.Path != "" {
		found += ", health check " + t.Path
	}
	if delay, err := g.delay(ctx); err != nil {
		return web.Line(found), err
	} else if delay != "" {
		found += ", drains for " + delay + " s"
	}
	found = web.Line(found)
	switch {
	case t.Type != "instance":
		return found, fmt.Errorf("its target type is %s, but the bot registers instance ids. Create a target group of "+
			"type instance", web.Line(t.Type))
	case len(t.Balancers) == 0:
		return found, errors.New("no load balancer uses it. Add a listener that forwards to it")
	}
	return found, nil
}

// In seconds.
func (g *TargetGroup) delay(ctx context.Context) (string, error) {
	var a struct {
		Attributes []struct {
			Key   string `xml:"Key"`
			Value string `xml:"Value"`
		} `xml:"DescribeTargetGroupAttributesResult>Attributes>member"`
	}
	err := g.client.call(ctx, serviceELB, harmless, "DescribeTargetGroupAttributes", g.params(), &a)
	for _, at := range a.Attributes {
		if at.Key == "deregistration_delay.timeout_seconds" {
			return at.Value, err
		}
	}
	return "", err
}

// Check tests the Auto Scaling group.
func (g *Group) Check(ctx context.Context, report func(what, found string, err error)) {
	if !g.client.checkCredentials(ctx, report) {
		return
	}
	var found string
	err := g.do(ctx, "read", func(ctx context.Context) error {
		s, err := g.read(ctx)
		if err != nil {
			return err
		}
		found = fmt.Sprintf("%s: desired %d (limits %d to %d), %d in service", g.name, s.Desired, s.Min,
			s.Max, s.inService())
		if why := s.whyLeftAlone(); why != "" {
			return errors.New(why + ", so the bot leaves it alone")
		}
		return nil
	})
	report("Auto Scaling group", found, err)
	if found == "" {
		return
	}
	policies, err := g.policies(ctx)
	if err == nil && len(policies) > 0 {
		err = fmt.Errorf("%s: they change the desired capacity too, and undo the bot's changes. Disable or delete them",
			web.Line(strings.Join(policies, ", ")))
	}
	report("the group's own scaling policies", fmt.Sprintf("%d", len(policies)), err)
}

func (g *Group) policies(ctx context.Context) (names []string, err error) {
	err = g.do(ctx, "read the scaling policies of", func(ctx context.Context) error {
		var a struct {
			Policies []struct {
				Name    string `xml:"PolicyName"`
				Enabled string `xml:"Enabled"` // absent means true
			} `xml:"DescribePoliciesResult>ScalingPolicies>member"`
		}
		err := g.client.call(ctx, serviceAutoScaling, harmless, "DescribePolicies",
			url.Values{"AutoScalingGroupName": {g.name}}, &a)
		for _, p := range a.Policies {
			if p.Enabled != "false" {
				names = append(names, p.Name)
			}
		}
		return err
	})
	return names, err
}
