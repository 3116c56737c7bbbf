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
	// maxUserData is DigitalOcean's limit, in bytes.
	maxUserData = 64 << 10
)

// Options say which droplets are the pool's, and what new ones are made of.
type Options struct {
	// Token is a personal access token, required. It appears in no error.
	Token string
	// Tag is the pool's tag, required: a droplet is the pool's if it bears it. Letters, digits, ':', '-' and '_', 255
	// at most; DigitalOcean makes no difference between small and great letters in tags.
	Tag string
	// Region is where droplets are made, as in "fra1"; required.
	Region string
	// Image is what droplets are made from: the number or the name of one of the account's snapshots or custom images,
	// or the slug of a public image, as in "ubuntu-24-04-x64". Of several images of one name the newest is taken. It is
	// required by Create only.
	Image string
	// Size is the size of droplets that are ordered without one; "" means s-1vcpu-1gb.
	Size string
	// SSHKeys are the numbers or the MD5 fingerprints of keys of the account that root's login is made for.
	SSHKeys []string
	// VPC is the UUID of the network that droplets are made in; "" means the region's default.
	VPC string
	// UserData is run by new droplets: a script or a cloud-config, 64 KiB at most. It appears in no error.
	UserData string
	// Tags are put on new droplets beside Tag, as for a firewall that is bound to a tag.
	Tags []string
	// PublicAddress says that servers are reached at their public IPv4 addresses, for a bot that is not in their
	// network. Otherwise it is the private one, and the public one of a droplet that has no other.
	PublicAddress bool
	// URL is where the API is; "" means https://api.digitalocean.com. Plain http is for a loopback address only.
	URL string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout bounds one try of an HTTP call; 0 means 20 s.
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
		wrong("the DigitalOcean token is missing: make one at https://cloud.digitalocean.com/account/api/tokens")
	case !web.Only(o.Token, web.Letters+web.Digits+"-._~+/=", 1000):
		wrong("the DigitalOcean token has characters that no token has: is it quoted, or has it a space or line " +
			"break at its end?")
	}
	if o.Tag == "" {
		wrong("the pool's tag is missing")
	}
	for _, tag := range append([]string{o.Tag}, o.Tags...) {
		if tag != "" && !web.Only(tag, web.Letters+web.Digits+":-_", 255) {
			wrong("the tag %q has other characters than letters, digits, ':', '-' and '_', or more than 255", tag)
		}
	}
	slug := func(what, s, example string) {
		if s != "" && !web.Only(s, web.Letters+web.Digits+"-._", 100) {
			wrong("the DigitalOcean %s %q is none: it looks like %s", what, s, example)
		}
	}
	if o.Region == "" {
		wrong("the DigitalOcean region is missing: it looks like fra1")
	}
	slug("region", o.Region, "fra1")
	slug("size", o.Size, defaultSize)
	if len(o.Image) > 255 || o.Image != web.Line(o.Image) {
		wrong("the DigitalOcean image %q is none: it is the number or name of a snapshot, or a slug such as "+
			"ubuntu-24-04-x64", web.Line(o.Image))
	}
	for _, key := range o.SSHKeys {
		if n, err := strconv.Atoi(key); (err != nil || n <= 0) && !fingerprint(key) {
			wrong("the SSH key %q is neither a number nor an MD5 fingerprint such as 3b:16:e4:bf:…: `doctl compute "+
				"ssh-key list` shows both", web.Line(key))
		}
	}
	if o.VPC != "" && !web.IsUUID(o.VPC) {
		wrong("the VPC %q is no UUID: `doctl vpcs list` shows them", web.Line(o.VPC))
	}
	if len(o.UserData) > maxUserData {
		wrong("the user data has %d bytes, and DigitalOcean takes %d at most: have it fetch the rest",
			len(o.UserData), maxUserData)
	}
	if o.Timeout < 0 {
		wrong("the timeout %v is below 0", o.Timeout)
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

// The MD5 fingerprint of a key is 16 pairs of hexadecimal digits.
func fingerprint(s string) bool {
	return len(s) == 47 && strings.Count(s, ":") == 15 && web.Only(s, web.Digits+"abcdefABCDEF:", 47)
}

func baseURL(s string) (string, error) {
	const what = "the DigitalOcean API's URL"
	s, err := web.BaseURL(what, cmp.Or(s, defaultURL), defaultURL, "the token")
	if u, _ := url.Parse(s); err == nil && strings.Trim(u.Path, "/") != "" {
		err = fmt.Errorf("%s %s has a path: it looks like %s", what, u, defaultURL)
	}
	return s + "/", err
}
