package local

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestProviderConformance(t *testing.T) {
	pooltest.Provider(t, func(t *testing.T) pooltest.ProviderFixture {
		p := provider(t, "", func(o *ProviderOptions) {
			o.Boot, o.Sizes = 20*time.Millisecond, []pool.Size{{Name: "small", Price: 0.01}, {Name: "large", Price: 0.04}}
		})
		return pooltest.ProviderFixture{
			Provider: p, Size: "large",
			Exists: func(id string) bool {
				s, err := p.Describe(t.Context(), id)
				return !errors.Is(err, pool.ErrGone) && s.State != pool.Ending
			},
		}
	})
}

func TestBalancerConformance(t *testing.T) {
	pooltest.Balancer(t, func(t *testing.T) pooltest.BalancerFixture {
		b := balancer(t)
		apps := map[string]func() (held chan struct{}, release func()){}
		return pooltest.BalancerFixture{
			Balancer: b,
			Server: func(name string) pool.Server {
				s, held, release := namedApp(t, name)
				apps[s.ID] = func() (chan struct{}, func()) { return held, release }
				return s
			},
			Hold: func(s pool.Server) (end func()) {
				held, release := apps[s.ID]()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					get(t, b.URL()+"/hold")
				}()
				<-held
				return func() {
					release()
					<-ended
				}
			},
			Serves: func(s pool.Server) bool {
				for range 20 {
					if status, body := get(t, b.URL()); status == http.StatusOK && strings.Contains(body, s.Name) {
						return true
					}
				}
				return false
			},
		}
	})
}
