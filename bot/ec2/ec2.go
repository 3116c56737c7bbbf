// Package ec2 keeps a pool's servers on Amazon EC2 behind a target group of an Elastic Load Balancer, or sets the
// desired capacity of an Auto Scaling group.
//
// A [Provider] creates instances from a launch template. A [TargetGroup] is a balancer. A [Group] is a platform of its
// own: AWS creates the servers and puts them behind the balancer. Each method ends within 25 seconds, including
// retries, unless its comment says that it waits. A failed call returns an [*Error].
//
// Calls are plain forms with XML answers, signed by AWS's SDK. The SDK also finds the credentials, and adds 2.3 MB to
// the program. Its clients for the three services would add 4.5 MB and 150 s of compile time for a handful of calls
// (linux/amd64, aws-sdk-go-v2 1.48.0).
package ec2

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Its value is the name of the pool.
const poolTag = "autoscalebot:pool"

// Options configure a Provider. Pool and LaunchTemplate are required.
type Options struct {
	Account
	// Pool is the name of the pool, the value of the tag autoscalebot:pool.
	Pool string
	// LaunchTemplate is its name or id, with an optional version after a colon: a number, $Latest or $Default. The
	// default version is $Default.
	LaunchTemplate string
	// Public uses a server's public IP address instead of its private one.
	Public bool
	// Sizes are the instance types that Sizes lists; empty for all of the current generation with at most 16 CPUs.
	Sizes []string
	// Price of a server in dollars an hour, whatever its size; 0 if unknown. AWS has no simple way to read it.
	Price float64
	// Prices of instance types that differ from Price, in dollars an hour.
	Prices map[string]float64
}

// A Provider creates and destroys EC2 instances. It is safe for concurrent use.
type Provider struct {
	o      Options
	client *client
	from   template
	recent recent
}

// New makes a Provider. It makes no calls. Its error names every wrong option, and contains no secrets.
func New(o Options) (*Provider, error) { return newProvider(o, dialer()) }

func newProvider(o Options, inner http.RoundTripper) (*Provider, error) {
	from, bad := parseTemplate(o.LaunchTemplate)
	errs := []error{o.Account.check(), bad}
	if o.Pool == "" || len(o.Pool) > 100 || strings.ContainsAny(o.Pool, "*?\\") || web.Line(o.Pool) != o.Pool {
		errs = append(errs, fmt.Errorf("invalid pool name %q: must be 1 to 100 characters, such as web, without * ? \\",
			web.Line(o.Pool)))
	}
	for _, s := range o.Sizes {
		if !typeName.MatchString(s) {
			errs = append(errs, fmt.Errorf("invalid size %q: must be an EC2 instance type such as t3.small",
				web.Line(s)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Provider{o: o, client: newClient(o.Account, inner), from: from}, nil
}

// In dollars an hour; 0 if unknown.
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

// s is NAME or ID, with an optional :VERSION.
func parseTemplate(s string) (template, error) {
	what, version, given := strings.Cut(s, ":")
	if !given {
		version = "$Default"
	}
	switch {
	case s == "":
		return template{}, errors.New("the launch template is not set: must be a name or id, such as web-servers or " +
			"lt-0123456789abcdef0")
	case !templateVersion.MatchString(version):
		return template{}, fmt.Errorf("invalid version %q of the launch template: must be a number, $Latest "+
			"or $Default",
			web.Line(version))
	case templateID.MatchString(what):
		return template{id: what, version: version}, nil
	case len(what) < 3 || !web.Only(what, web.Letters+web.Digits+"().-/_", 128):
		return template{}, fmt.Errorf("invalid launch template %q: must be a name or id such as web-servers or "+
			"lt-0123456789abcdef0, with an optional version such as :3", web.Line(what))
	}
	return template{name: what, version: version}, nil
}

func (t template) String() string { return t.id + t.name + ":" + t.version }

// prefix is "", or the first part of the field names with its dot. Each call names the version differently.
func (t template) params(params map[string][]string, prefix string) {
	if t.id != "" {
		params[prefix+"LaunchTemplateId"] = []string{t.id}
	} else {
		params[prefix+"LaunchTemplateName"] = []string{t.name}
	}
}
