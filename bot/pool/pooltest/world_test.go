package pooltest_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestTheWorldIsAProvider(t *testing.T) {
	pooltest.Provider(t, func(*testing.T) pooltest.ProviderFixture {
		w := &pooltest.World{Size: "small"}
		return pooltest.ProviderFixture{
			Provider: w, Size: "small", Exists: w.Exists, Foreign: func() string { return w.Foreign("web-9") },
			Break: func() func() {
				w.SetFault(func(pooltest.Call) pooltest.Fault { return pooltest.FailsFirst })
				return func() { w.SetFault(nil) }
			},
			Refuse: func() func() {
				w.SetFault(func(c pooltest.Call) pooltest.Fault {
					if c.Name == "Create" {
						return pooltest.Refuses
					}
					return pooltest.Works
				})
				return func() { w.SetFault(nil) }
			},
		}
	})
}

func TestTheWorldIsABalancer(t *testing.T) {
	for name, nameless := range map[string]bool{"that knows IDs": false, "that knows names": true} {
		t.Run(name, func(t *testing.T) {
			pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
				w := &pooltest.World{Nameless: nameless, Busy: 50 * time.Millisecond}
				return pooltest.BalancerFixture{
					Balancer: w,
					Server: func(name string) pool.Server {
						s, err := w.Create(t.Context(), pool.Order{Name: name})
						if err != nil {
							t.Fatal(err)
						}
						return s
					},
					Foreign: func() (id, name string) { id = w.Foreign("other"); return w.MemberID(id), "other" },
					Hold:    func(pool.Server) func() { return func() {} },
					Break: func() func() {
						w.SetFault(func(pooltest.Call) pooltest.Fault { return pooltest.FailsFirst })
						return func() { w.SetFault(nil) }
					},
				}
			})
		})
	}
}
