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

// defaultMetadata is where every EC2 instance finds the metadata service; AWS's guide to EC2 fixes it.
const defaultMetadata = "http://169.254.169.254"

// An Account says who asks AWS, and where. The region is required.
type Account struct {
	// Region is AWS's name of it, as in eu-central-1.
	Region string
	// Keys sign the calls. Without any, the SDK looks for credentials where AWS's own programs do: a web identity
	// token, a profile of the shared files with keys, a role or a single sign-on, a container's role, and the role of
	// the EC2 instance that this runs on.
	Keys Keys
	// Profile is the one of the shared files; "" means that of the environment or "default".
	Profile string
	// Endpoint is where all services answer in place of AWS's own addresses, for tests; "" means AWS. Plain http is for
	// a loopback address only.
	Endpoint string
	// Metadata is where the instance metadata service answers, for tests; "" means http://169.254.169.254, or what the
	// environment says.
	Metadata string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout bounds one HTTP call; 0 means 10 s. A call ends within 25 s in all, whatever the Timeout is.
	Timeout time.Duration
}

// Keys are what somebody was given to sign calls with. The session token belongs to temporary ones, and is empty for
// others.
type Keys struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// check fills in what is missing, too. Its errors hold no secret.
func (a *Account) check() error {
	var errs []error
	if !regionName.MatchString(a.Region) {
		errs = append(errs, fmt.Errorf("the AWS region %q is not one: it looks like eu-central-1", web.Line(a.Region)))
	}
	k := a.Keys
	if (k.AccessKeyID == "") != (k.SecretAccessKey == "") {
		errs = append(errs, errors.New("the AWS access key ID and the secret access key belong together, and one of "+
			"them is missing: "+
			"give both, or neither to use the role of the EC2 instance that this runs on"))
	}
	if k.SessionToken != "" && k.AccessKeyID == "" {
		errs = append(errs, errors.New("an AWS session token is of no use without the access key ID and the secret "+
			"access key that it came with"))
	}
	if strings.ContainsFunc(k.AccessKeyID+k.SecretAccessKey+k.SessionToken,
		func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, errors.New("an AWS key or session token has a space or another character that none has: "+
			"was it cut or pasted wrong?"))
	}
	if a.Endpoint != "" {
		_, err := web.BaseURL("the endpoint for AWS", a.Endpoint,
			"https://ec2.eu-central-1.amazonaws.com", "a session token")
		errs = append(errs, err)
	}
	if u, err := url.Parse(a.Metadata); err != nil || a.Metadata != "" && (u.Scheme != "http" || u.Host == "") {
		errs = append(errs, errors.New("the address of the metadata service is not one: it looks like "+
			defaultMetadata))
	}
	a.UserAgent = cmp.Or(a.UserAgent, "autoscalebot")
	if a.Timeout <= 0 {
		a.Timeout = defaultTimeout
	}
	return errors.Join(errs...)
}

// A region goes into the name of a host, so nothing may pass that means something there.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

// A service speaks AWS's Query protocol: a form goes in, XML comes out.
type service struct {
	// host is the first part of its host's name, scope its name in a signature, version that of its API.
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
