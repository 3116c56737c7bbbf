package digitalocean_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func denied(srv *digitaloceantest.Server) func() {
	return srv.Fail(digitaloceantest.Fault{Status: http.StatusForbidden, Message: "not with " + srv.Token})
}

func TestProviderKeepsTheContract(t *testing.T) {
	pooltest.Provider(t, func(t *testing.T) pooltest.ProviderFixture {
		srv := digitaloceantest.NewServer(t)
		srv.AddImage(digitaloceantest.Image{Name: "golden"})
		o := options(srv)
		o.UserData = "PASSWORD=user-data-secret"
		return pooltest.ProviderFixture{
			Provider: open(t, o),
			Size:     "s-2vcpu-2gb",
			Exists: func(id string) bool {
				n, _ := strconv.Atoi(id)
				_, there := srv.Droplet(n)
				return there
			},
			Foreign: func() string {
				return strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"web2"}}))
			},
			Break: func() func() { return denied(srv) },
			Refuse: func() func() {
				srv.SetDropletLimit(0)
				return func() { srv.SetDropletLimit(25) }
			},
			Secrets: []string{srv.Token, "user-data-secret"},
		}
	})
}

func TestLoadBalancerKeepsTheContract(t *testing.T) {
	for what, tag := range map[string]string{"by number": "", "by tag": "serving"} {
		t.Run(what, func(t *testing.T) {
			pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
				srv := digitaloceantest.NewServer(t)
				lb := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "front", Tag: tag})
				p := open(t, options(srv))
				b, err := p.LoadBalancer(lb)
				must(t, err)
				return pooltest.BalancerFixture{
					Balancer: b,
					Server: func(name string) pool.Server {
						s, err := p.Describe(t.Context(), strconv.Itoa(srv.AddDroplet(digitaloceantest.Droplet{Name: name, Tags: []string{"web"}})))
						must(t, err)
						return s
					},
					Foreign: func() (string, string) {
						id := srv.AddDroplet(digitaloceantest.Droplet{Name: "old", Tags: []string{"serving"}})
						if tag == "" {
							srv.AddToLoadBalancer(lb, id)
						}
						return strconv.Itoa(id), ""
					},
					Serves: func(s pool.Server) bool {
						b, _ := srv.LoadBalancer(lb)
						n, _ := strconv.Atoi(s.ID)
						return slices.Contains(b.DropletIDs, n)
					},
					Break:   func() func() { return denied(srv) },
					Secrets: []string{srv.Token},
				}
			})
		})
	}
}

// A pool of droplets behind either kind of balancer grows, shrinks and repairs itself, while everything takes its time.
func TestAPoolOfDroplets(t *testing.T) {
	for what, tag := range map[string]string{"by number": "", "by tag": "serving"} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
				slow(srv)
				srv.Takes("create", 40*time.Second)
				srv.Takes("destroy", 15*time.Second)
				srv.Takes("load_balancer", 6*time.Second)
				provider := open(t, o)
				lb := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "front", Tag: tag})
				b, err := provider.LoadBalancer(lb)
				must(t, err)
				p, err := pool.New(pool.Options{
					Name: "web", Provider: provider, Balancer: b, Limits: func(time.Time) (int, int) { return 1, 4 }, Timing: pool.Timing{DrainTimeout: 90 * time.Second},
				})
				must(t, err)
				run := func(n int) {
					t.Helper()
					for end := time.Now().Add(6 * time.Minute); time.Now().Before(end); {
						wait, err := p.Step(t.Context(), time.Now())
						must(t, err)
						if all := len(srv.Droplets()); all > 4 {
							t.Errorf("there are %d droplets, at most 4 are allowed", all)
						}
						time.Sleep(wait)
					}
					var ids []int
					for _, d := range srv.Droplets() {
						ids = append(ids, d.ID)
					}
					behind, _ := srv.LoadBalancer(lb)
					slices.Sort(behind.DropletIDs)
					if len(ids) != n || fmt.Sprint(behind.DropletIDs) != fmt.Sprint(ids) {
						t.Errorf("there are the droplets %v, and %v behind the balancer, want %d\n%s", ids, behind.DropletIDs, n, p.Status())
					}
				}
				for _, n := range []int{1, 3, 4, 2} {
					must(t, p.Resize(t.Context(), n))
					run(n)
				}
				// A server destroyed by somebody else is replaced, although DigitalOcean may fail meanwhile.
				srv.RemoveDroplet(srv.Droplets()[0].ID)
				srv.Fail(digitaloceantest.Fault{Method: http.MethodPost, Status: 500, Times: 2, Applied: true})
				run(2)
				if n, _ := p.Quota(); n < 4000 {
					t.Errorf("%d of 5,000 calls are left after half an hour", n)
				}
			})
		})
	}
}
