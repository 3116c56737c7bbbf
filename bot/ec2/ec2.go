// Package ec2 keeps a pool's servers on Amazon EC2, behind a target group of an Elastic Load Balancer, or sets the
// desired capacity of an Auto Scaling group.
//
// A [Provider] makes instances from a launch template, a [TargetGroup] is a balancer, and a [Group] is a platform of
// its own: there, AWS makes the servers and puts them behind the balancer. Each method ends within 25 seconds, its
// retries included, unless its comment says that it waits; how a call went wrong is an [*Error].
//
// The calls are plain forms with XML answers, signed by AWS's SDK, which finds the credentials too and adds 2.3 MB to
// the program for that. Its own clients of the three services would add 4.5 MB, and 150 s of compile time for the
// handful of calls here (linux/amd64, aws-sdk-go-v2 1.48.0).
package ec2

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// poolTag's value is the pool's name.
const poolTag = "autoscalebot:pool"

// Options say which servers a Provider makes. The pool's name and the launch template are required.
type Options struct {
	Account
	// Pool is the pool's name, the value of the tag autoscalebot:pool.
	Pool string
	// LaunchTemplate is its name or id, and after a colon its version: a number, $Latest or $Default. Without one, it
	// is $Default.
	LaunchTemplate string
	// Public has a server's address be its public IP rather than the private one.
	Public bool
	// Sizes are the types of instances that Sizes tells of; empty for all of the current generation up to 16 CPUs.
	Sizes []string
	// Price is what a server costs an hour, in dollars, whatever its size; 0 where nobody says. AWS has no cheap way to
	// ask.
	Price float64
	// Prices are those of types of instances that differ from Price.
	Prices map[string]float64
}

// A Provider makes and destroys EC2 instances. It may be used from several goroutines.
type Provider struct {
	o      Options
	client *client
	from   template
	recent recent
}

// New makes a Provider. It calls nobody; its errors say all that is wrong with the options, and never tell a secret.
func New(o Options) (*Provider, error) { return newProvider(o, dialer()) }

func newProvider(o Options, inner http.RoundTripper) (*Provider, error) {
	from, bad := parseTemplate(o.LaunchTemplate)
	errs := []error{o.Account.check(), bad}
	if o.Pool == "" || len(o.Pool) > 100 || strings.ContainsAny(o.Pool, "*?\\") || web.Line(o.Pool) != o.Pool {
		errs = append(errs, fmt.Errorf("the pool's name %q is none: it has 1 to 100 characters, such as web, and "+
			"none of * ? \\", web.Line(o.Pool)))
	}
	for _, s := range o.Sizes {
		if !typeName.MatchString(s) {
			errs = append(errs, fmt.Errorf("the size %q is no type of EC2 instances: they look like t3.small",
				web.Line(s)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Provider{o: o, client: newClient(o.Account, inner), from: from}, nil
}

// price is in dollars an hour; 0 where it is not known.
func (p *Provider) price(size string) float64 {
	if d, ok := p.o.Prices[size]; ok {
		return d
	}
	return p.o.Price
}

type template struct{ id, name, version string }

var (
	typeName        = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,20}$`)
	instanceID      = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
	templateID      = regexp.MustCompile(`^lt-[0-9a-f]{8,17}$`)
	templateVersion = regexp.MustCompile(`^([0-9]{1,10}|\$Latest|\$Default)$`)
)

// s is NAME or ID, with or without :VERSION.
func parseTemplate(s string) (template, error) {
	what, version, given := strings.Cut(s, ":")
	if !given {
		version = "$Default"
	}
	switch {
	case s == "":
		return template{}, errors.New("the launch template is missing: its name or id, as in web-servers or " +
			"lt-0123456789abcdef0")
	case !templateVersion.MatchString(version):
		return template{}, fmt.Errorf("the launch template's version %q is none: it is a number, $Latest or $Default",
			web.Line(version))
	case templateID.MatchString(what):
		return template{id: what, version: version}, nil
	case len(what) < 3 || !web.Only(what, web.Letters+web.Digits+"().-/_", 128):
		return template{}, fmt.Errorf("the launch template %q is neither a name nor an id: it looks like web-servers "+
			"or lt-0123456789abcdef0, "+
			"with :3 after it for its version 3", web.Line(what))
	}
	return template{name: what, version: version}, nil
}

func (t template) String() string { return t.id + t.name + ":" + t.version }

// prefix is "" or what stands before the fields' names, with its dot. The version has a name of its own in each call.
func (t template) params(params map[string][]string, prefix string) {
	if t.id != "" {
		params[prefix+"LaunchTemplateId"] = []string{t.id}
	} else {
		params[prefix+"LaunchTemplateName"] = []string{t.name}
	}
}
