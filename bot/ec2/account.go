package ec2

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// EC2's guide gives this address of the metadata service for every instance.
const defaultMetadata = "http://169.254.169.254"

// An Account holds the credentials and the region for calls to AWS. Region is required.
type Account struct {
	// Region, such as eu-central-1.
	Region string
	// Keys sign the calls. If empty, the SDK finds credentials as AWS's own programs do: a web identity token, a
	// profile of the shared files with keys, a role or a single sign-on, a container's role, or the role of the EC2
	// instance.
	Keys Keys
	// Profile in the shared files; "" means the environment's, or "default".
	Profile string
	// Endpoint replaces the addresses of all AWS services, for tests; "" means AWS. Plain http is only allowed for a
	// loopback address.
	Endpoint string
	// Metadata is the address of the instance metadata service, for tests; "" means http://169.254.169.254, or the
	// environment's.
	Metadata string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout of one HTTP call; 0 means 10 s. A call with its retries ends within 25 s in any case.
	Timeout time.Duration
}

// Keys are static credentials for signing calls. Only temporary ones have a session token.
type Keys struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Also sets defaults. The errors contain no secrets.
func (a *Account) check() error {
	var errs []error
	if !regionName.MatchString(a.Region) {
		errs = append(errs, fmt.Errorf("invalid AWS region %q: must be one such as eu-central-1", web.Line(a.Region)))
	}
	k := a.Keys
	if (k.AccessKeyID == "") != (k.SecretAccessKey == "") {
		errs = append(errs, errors.New("only one of the AWS access key ID and the secret access key is set: set both, "+
			"or neither to use the role of the EC2 instance"))
	}
	if k.SessionToken != "" && k.AccessKeyID == "" {
		errs = append(errs, errors.New("an AWS session token needs the access key ID and the secret access key it was "+
			"issued with"))
	}
	if strings.ContainsFunc(k.AccessKeyID+k.SecretAccessKey+k.SessionToken,
		func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("invalid AWS key or session token: it contains a space or another invalid "+
			"character. Copy it again"))
	}
	if a.Endpoint != "" {
		_, err := web.BaseURL("the endpoint for AWS", a.Endpoint,
			"https://ec2.eu-central-1.amazonaws.com", "a session token")
		errs = append(errs, err)
	}
	if u, err := url.Parse(a.Metadata); err != nil || a.Metadata != "" && (u.Scheme != "http" || u.Host == "") {
		errs = append(errs, errors.New("invalid address of the metadata service: must be such as "+
			defaultMetadata))
	}
	a.UserAgent = cmp.Or(a.UserAgent, "autoscalebot")
	if a.Timeout <= 0 {
		a.Timeout = defaultTimeout
	}
	return errors.Join(errs...)
}

// A region becomes part of a host name, so it must not contain special characters.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

// A service uses AWS's Query protocol: a form as the request, XML as the answer.
type service struct {
	// host is the first part of the host name, scope the name in a signature, version that of the API.
	host, scope, version string
}

var (
	serviceEC2         = service{"ec2", "ec2", "2016-11-15"}
	serviceAutoScaling = service{"autoscaling", "autoscaling", "2011-01-01"}
	serviceELB         = service{"elasticloadbalancing", "elasticloadbalancing", "2015-12-01"}
)

func (s service) url(a Account) string {
	if a.Endpoint != "" {
		return strings.TrimRight(a.Endpoint, "/") + "/"
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(a.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://" + s.host + "." + a.Region + "." + domain + "/"
}
