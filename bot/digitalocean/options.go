package digitalocean

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	defaultURL     = "https://api.digitalocean.com/"
	defaultSize    = "s-1vcpu-1gb"
	defaultTimeout = 20 * time.Second
	// DigitalOcean's limit, in bytes.
	maxUserData = 64 << 10
)

// Options define the pool's droplets, and what new ones are made of.
type Options struct {
	// Token is a personal access token. Required. It appears in no error.
	Token string
	// Tag is the pool's tag. Required. Droplets with it belong to the pool. It has at most 255 letters, digits, ':',
	// '-' and '_'; DigitalOcean ignores case.
	Tag string
	// Region of the droplets, such as "fra1". Required.
	Region string
	// Image for new droplets: the id or name of one of the account's snapshots or custom images, or the slug of a
	// public image such as "ubuntu-24-04-x64". Of several images of the same name, the newest is used. Only Create
	// needs it.
	Image string
	// Size of droplets ordered without one; "" means s-1vcpu-1gb.
	Size string
	// SSHKeys are the ids or MD5 fingerprints of the account's keys for root's login.
	SSHKeys []string
	// VPC is the UUID of the network for new droplets; "" means the region's default.
	VPC string
	// UserData is a script or cloud-config that new droplets run, at most 64 KiB. It appears in no error.
	UserData string
	// Tags for new droplets in addition to Tag, such as the tag of a firewall.
	Tags []string
	// PublicAddress uses the servers' public IPv4 addresses, for a bot outside their network. Otherwise their private
	// addresses are used, and the public one only for a droplet without a private one.
	PublicAddress bool
	// URL of the API; "" means https://api.digitalocean.com. Plain http is only allowed for a loopback address.
	URL string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout of one attempt of an HTTP call; 0 means 20 s.
	Timeout time.Duration
	// Transport makes the HTTP calls; nil means a clone of http.DefaultTransport.
	Transport http.RoundTripper
}

func (o Options) checked() (Options, error) {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	o.Size, o.UserAgent = cmp.Or(o.Size, defaultSize), cmp.Or(o.UserAgent, "autoscalebot")
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	switch {
	case o.Token == "":
		wrong("the DigitalOcean token is not set. Create one at https://cloud.digitalocean.com/account/api/tokens")
	case !web.Only(o.Token, web.Letters+web.Digits+"-._~+/=", 1000):
		wrong("invalid DigitalOcean token: it contains a character that no token has. Remove quotes, spaces and " +
			"line breaks")
	}
	if o.Tag == "" {
		wrong("the pool's tag is not set")
	}
	for _, tag := range append([]string{o.Tag}, o.Tags...) {
		if tag != "" && !web.Only(tag, web.Letters+web.Digits+":-_", 255) {
			wrong("invalid tag %q: must be at most 255 letters, digits, ':', '-' and '_'", tag)
		}
	}
	slug := func(what, s, example string) {
		if s != "" && !web.Only(s, web.Letters+web.Digits+"-._", 100) {
			wrong("invalid DigitalOcean %s %q: must be one such as %s", what, s, example)
		}
	}
	if o.Region == "" {
		wrong("the DigitalOcean region is not set. Use one such as fra1")
	}
	slug("region", o.Region, "fra1")
	slug("size", o.Size, defaultSize)
	if len(o.Image) > 255 || o.Image != web.Line(o.Image) {
		wrong("invalid DigitalOcean image %q: must be the id or name of a snapshot, or a slug such as "+
			"ubuntu-24-04-x64", web.Line(o.Image))
	}
	for _, key := range o.SSHKeys {
		if n, err := strconv.Atoi(key); (err != nil || n <= 0) && !fingerprint(key) {
			wrong("invalid SSH key %q: must be an id or an MD5 fingerprint such as 3b:16:e4:bf:…. Run `doctl compute "+
				"ssh-key list` to list both", web.Line(key))
		}
	}
	if o.VPC != "" && !web.IsUUID(o.VPC) {
		wrong("invalid VPC %q: must be a UUID. Run `doctl vpcs list` to list them", web.Line(o.VPC))
	}
	if len(o.UserData) > maxUserData {
		wrong("the user data has %d bytes, and DigitalOcean accepts %d at most. Download the rest from the script",
			len(o.UserData), maxUserData)
	}
	if o.Timeout < 0 {
		wrong("invalid timeout %v: must be 0 or more", o.Timeout)
	}
	var err error
	if o.URL, err = baseURL(o.URL); err != nil {
		errs = append(errs, err)
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
		if t, ok := o.Transport.(*http.Transport); ok {
			o.Transport = t.Clone()
		}
	}
	return o, errors.Join(errs...)
}

// An MD5 fingerprint is 16 pairs of hexadecimal digits.
func fingerprint(s string) bool {
	return len(s) == 47 && strings.Count(s, ":") == 15 && web.Only(s, web.Digits+"abcdefABCDEF:", 47)
}

func baseURL(s string) (string, error) {
	const what = "the DigitalOcean API's URL"
	s, err := web.BaseURL(what, cmp.Or(s, defaultURL), defaultURL, "the token")
	if u, _ := url.Parse(s); err == nil && strings.Trim(u.Path, "/") != "" {
		err = fmt.Errorf("%s %s must have no path, as in %s", what, u, defaultURL)
	}
	return s + "/", err
}
