package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestProviderConformance(t *testing.T) {
	pooltest.Provider(t, func(t *testing.T) pooltest.ProviderFixture {
		p, dir := servers(t, func(o *ProviderOptions) {
			o.Create = `if [ -e full ]; then echo "limit of $APP_KEY reached" >&2; exit 69; fi; ` + o.Create
		})
		flag := func(name string) func() func() {
			return func() func() {
				write(t, filepath.Join(dir, name), "", 0o600)
				return func() { _ = os.Remove(filepath.Join(dir, name)) }
			}
		}
		return pooltest.ProviderFixture{
			Provider: p, Size: "small", Break: flag("broken"), Refuse: flag("full"), Secrets: []string{"s3cr3t-key"},
			Finish: func() {
				files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
				for i, f := range files {
					write(t, f, strings.Replace(read(t, f), `"new"`, fmt.Sprintf(`"active","address":"10.0.0.%d","created":%q`, i+1, time.Now().Format(time.RFC3339)), 1), 0o600)
				}
			},
			Exists: func(id string) bool {
				_, err := os.Stat(filepath.Join(dir, id+".json"))
				return err == nil
			},
			Foreign: func() string {
				write(t, filepath.Join(dir, "other.json"), `{"id":"other","name":"api-1","pool":"api"}`, 0o600)
				return "other"
			},
		}
	})
}
