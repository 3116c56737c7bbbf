package digitalocean_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
)

func TestCheck(t *testing.T) {
	const good = `account: owner@example.com of the team My Team, at most 25 droplets
size: s-1vcpu-1gb in fra1: 1 CPUs, 1024 MB, $0.00893 an hour
image: 24.04 (LTS) x64 (base 112929454), needs a disk of at least 7 GB
SSH keys: key-289794
API calls: 4995 left this hour
load balancer: front, which lists its droplets by id; health check: http on port 80 at /, every 10 s
`
	for _, c := range []struct {
		change func(*digitalocean.Options, *digitaloceantest.Server)
		want   []string
	}{
		{nil, strings.Split(strings.TrimSpace(good), "\n")},
		{func(o *digitalocean.Options, _ *digitaloceantest.Server) { o.Token = "wrong" }, []string{"account:  ✗ read the account: DigitalOcean answered 401"}},
		{func(_ *digitalocean.Options, s *digitaloceantest.Server) {
			s.Fail(digitaloceantest.Fault{Path: "/v2/account", Status: http.StatusForbidden})
		}, []string{"size: s-1vcpu-1gb in fra1"}},
		{func(o *digitalocean.Options, _ *digitaloceantest.Server) { o.Region = "mars1" }, []string{"size:  ✗ no size is available in region mars1", "✗ it is in fra1, nyc3, not in mars1"}},
		{func(o *digitalocean.Options, _ *digitaloceantest.Server) { o.Size = "c-2" }, []string{"size:  ✗ c-2 is not available in fra1"}},
		{func(o *digitalocean.Options, _ *digitaloceantest.Server) { o.Image = "no-such" }, []string{"image:  ✗ read the image no-such: DigitalOcean answered 404"}},
		{func(o *digitalocean.Options, s *digitaloceantest.Server) {
			s.AddImage(digitaloceantest.Image{Name: "golden", MinDisk: 80})
			o.Image = "golden"
		}, []string{"needs a disk of at least 80 GB ✗ the size s-1vcpu-1gb has a disk of only 25 GB"}},
		{func(o *digitalocean.Options, _ *digitaloceantest.Server) { o.SSHKeys = []string{"289794", "12"} }, []string{"SSH keys: key-289794 ✗ the account has no key 12"}},
	} {
		srv := digitaloceantest.NewServer(t)
		srv.AddSSHKey(289794, fingerprint)
		o := options(srv)
		o.SSHKeys = []string{"289794"}
		if c.change != nil {
			c.change(&o, srv)
		}
		p := open(t, o)
		b, err := p.LoadBalancer(srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "front"}))
		must(t, err)
		var all strings.Builder
		report := func(what, found string, err error) {
			fmt.Fprintf(&all, "%s: %s", what, found)
			if err != nil {
				fmt.Fprintf(&all, " ✗ %v", err)
			}
			all.WriteString("\n")
		}
		p.Check(t.Context(), report)
		b.Check(t.Context(), report)
		for _, want := range c.want {
			if !strings.Contains(all.String(), want) {
				t.Errorf("Check:\n%swant %q", all.String(), want)
			}
		}
		for _, call := range srv.Calls() {
			if call.Method != http.MethodGet {
				t.Errorf("Check sent %s %s", call.Method, call.Path)
			}
		}
	}
}
