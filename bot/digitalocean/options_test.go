package digitalocean_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
)

func TestOptionsAreChecked(t *testing.T) {
	good := digitalocean.Options{Token: "dop_v1_secret", Tag: "web", Region: "fra1"}
	if _, err := digitalocean.New(good); err != nil {
		t.Errorf("good options: %v", err)
	}
	for _, c := range []struct {
		change func(*digitalocean.Options)
		want   string
	}{
		{func(o *digitalocean.Options) { *o = digitalocean.Options{} }, "the DigitalOcean token is not set. Create one at https://cloud.digitalocean.com/account/api/tokens\nthe pool's tag is not set\nthe DigitalOcean region is not set. Use one such as fra1"},
		{func(o *digitalocean.Options) { o.Token += "\n" }, "invalid DigitalOcean token: it contains a character that no token has. Remove quotes, spaces and line breaks"},
		{func(o *digitalocean.Options) { o.Tag = "my pool" }, `invalid tag "my pool": must be at most 255 letters, digits, ':', '-' and '_'`},
		{func(o *digitalocean.Options) { o.Tags = []string{"a.b"} }, `invalid tag "a.b": must be at most 255 letters, digits, ':', '-' and '_'`},
		{func(o *digitalocean.Options) { o.Region = "fra 1" }, `invalid DigitalOcean region "fra 1": must be one such as fra1`},
		{func(o *digitalocean.Options) { o.Size = "a/b" }, `invalid DigitalOcean size "a/b": must be one such as s-1vcpu-1gb`},
		{func(o *digitalocean.Options) { o.Image = "a\nb" }, `invalid DigitalOcean image "a b": must be the id or name of a snapshot, or a slug such as ubuntu-24-04-x64`},
		{func(o *digitalocean.Options) { o.SSHKeys = []string{"my key"} }, `invalid SSH key "my key": must be an id or an MD5 fingerprint such as 3b:16:e4:bf:…. Run ` + "`doctl compute ssh-key list` to list both"},
		{func(o *digitalocean.Options) { o.VPC = "default" }, "invalid VPC \"default\": must be a UUID. Run `doctl vpcs list` to list them"},
		{func(o *digitalocean.Options) { o.UserData = strings.Repeat("x", 65537) }, "the user data has 65537 bytes, and DigitalOcean accepts 65536 at most. Download the rest from the script"},
		{func(o *digitalocean.Options) { o.Timeout = -time.Second }, "invalid timeout -1s: must be 0 or more"},
		{func(o *digitalocean.Options) { o.URL = "http://api.example.com" }, "the DigitalOcean API's URL http://api.example.com would send the token unencrypted: use https, or a loopback address such as 127.0.0.1"},
		{func(o *digitalocean.Options) { o.URL = "https://a:dop_v1_secret@api.example.com" }, "the DigitalOcean API's URL must not have a user, a query or a fragment: must be like https://api.digitalocean.com/"},
		{func(o *digitalocean.Options) { o.URL = "https://api.example.com/v2" }, "the DigitalOcean API's URL https://api.example.com/v2 must have no path, as in https://api.digitalocean.com/"},
		{func(o *digitalocean.Options) { o.URL = "ftp://api.example.com" }, "the DigitalOcean API's URL ftp://api.example.com must begin with https:// or http://"},
		{func(o *digitalocean.Options) { o.URL = "::" }, "the DigitalOcean API's URL is invalid: must be like https://api.digitalocean.com/"},
	} {
		o := good
		c.change(&o)
		_, err := digitalocean.New(o)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the token is in: %v", err)
		}
	}
	p, err := digitalocean.New(good)
	must(t, err)
	if _, err := p.LoadBalancer("my-lb"); err == nil || !strings.Contains(err.Error(), `invalid load balancer "my-lb": must be a UUID`) {
		t.Errorf("LoadBalancer: %v", err)
	}
}
