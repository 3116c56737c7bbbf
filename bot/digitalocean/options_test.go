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
		{func(o *digitalocean.Options) { *o = digitalocean.Options{} }, "the DigitalOcean token is missing: make one at https://cloud.digitalocean.com/account/api/tokens\nthe pool's tag is missing\nthe DigitalOcean region is missing: it looks like fra1"},
		{func(o *digitalocean.Options) { o.Token += "\n" }, "the DigitalOcean token has characters that no token has: is it quoted, or has it a space or line break at its end?"},
		{func(o *digitalocean.Options) { o.Tag = "my pool" }, `the tag "my pool" has other characters than letters, digits, ':', '-' and '_', or more than 255`},
		{func(o *digitalocean.Options) { o.Tags = []string{"a.b"} }, `the tag "a.b" has other characters than letters, digits, ':', '-' and '_', or more than 255`},
		{func(o *digitalocean.Options) { o.Region = "fra 1" }, `the DigitalOcean region "fra 1" is none: it looks like fra1`},
		{func(o *digitalocean.Options) { o.Size = "a/b" }, `the DigitalOcean size "a/b" is none: it looks like s-1vcpu-1gb`},
		{func(o *digitalocean.Options) { o.Image = "a\nb" }, `the DigitalOcean image "a b" is none: it is the number or name of a snapshot, or a slug such as ubuntu-24-04-x64`},
		{func(o *digitalocean.Options) { o.SSHKeys = []string{"my key"} }, `the SSH key "my key" is neither a number nor an MD5 fingerprint such as 3b:16:e4:bf:…: ` + "`doctl compute ssh-key list` shows both"},
		{func(o *digitalocean.Options) { o.VPC = "default" }, "the VPC \"default\" is no UUID: `doctl vpcs list` shows them"},
		{func(o *digitalocean.Options) { o.UserData = strings.Repeat("x", 65537) }, "the user data has 65537 bytes, and DigitalOcean takes 65536 at most: have it fetch the rest"},
		{func(o *digitalocean.Options) { o.Timeout = -time.Second }, "the timeout -1s is below 0"},
		{func(o *digitalocean.Options) { o.URL = "http://api.example.com" }, "the DigitalOcean API's URL http://api.example.com would send the token unencrypted: use https, or a loopback address such as 127.0.0.1"},
		{func(o *digitalocean.Options) { o.URL = "https://a:dop_v1_secret@api.example.com" }, "the DigitalOcean API's URL has a user, a query or a fragment: it looks like https://api.digitalocean.com/"},
		{func(o *digitalocean.Options) { o.URL = "https://api.example.com/v2" }, "the DigitalOcean API's URL https://api.example.com/v2 has a path: it looks like https://api.digitalocean.com/"},
		{func(o *digitalocean.Options) { o.URL = "ftp://api.example.com" }, "the DigitalOcean API's URL ftp://api.example.com starts with neither https:// nor http://"},
		{func(o *digitalocean.Options) { o.URL = "::" }, "the DigitalOcean API's URL is not one: it looks like https://api.digitalocean.com/"},
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
	if _, err := p.LoadBalancer("my-lb"); err == nil || !strings.Contains(err.Error(), `the load balancer "my-lb" is no UUID`) {
		t.Errorf("LoadBalancer: %v", err)
	}
}
