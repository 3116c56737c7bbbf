package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// What a reader has set besides a block of settings, by platform.
var docSettings = map[string][]string{
	"heroku": {"HEROKU_APP_NAME=dancing-forest-1234", "HEROKU_API_KEY=0123-4567"},
	"cloudfoundry": {
		"CF_API_URL=https://api.example.com", "CF_ORG=my-org", "CF_SPACE=my-space", "CF_APP_NAME=my-app", "CF_USERNAME=bot", "CF_PASSWORD=secret",
	},
	"pool": {
		"POOL_PROVIDER=command", "POOL_LIST_COMMAND=./list.sh", "POOL_CREATE_COMMAND=./create.sh", "POOL_DESTROY_COMMAND=./destroy.sh",
		"POOL_BALANCER=none", "HEARTBEAT_URL=https://www.example.com/autoscalebot/heartbeat/",
	},
	"local": {}, "command": {}, "autoscaling-group": {"HEARTBEAT_URL=https://www.example.com/autoscalebot/heartbeat/"},
}

var (
	poolsPages   = regexp.MustCompile(`^docs/pools`)
	poolSettings = regexp.MustCompile(`(?m)^(POOL|HAPROXY|DIGITALOCEAN|HEALTH)_|pool://`)
)

// Every block of settings in the documents is accepted, with what its platform needs besides.
func TestSettingsInDocuments(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	blocks := 0
	for _, page := range docPages(t) {
		for _, b := range docBlocks(t, page) {
			at := fmt.Sprintf("%s:%d", b.page, b.line)
			switch {
			case b.language == "json" && !json.Valid([]byte(b.text)):
				t.Errorf("%s: invalid JSON", at)
			case b.language == "yaml":
				blocks++
				t.Run(strings.ReplaceAll(at, "/", "-"), func(t *testing.T) { loadsYAML(t, b) })
			case b.isSettings():
				blocks++
				t.Run(strings.ReplaceAll(at, "/", "-"), func(t *testing.T) { b.loads(t) })
			}
		}
	}
	if blocks < 40 {
		t.Errorf("%d blocks of settings were found", blocks)
	}
}

// As a shell reads them.
func (b docBlock) pairs(t *testing.T) (pairs []string) {
	t.Helper()
	files := "/etc/autoscalebot"
	if strings.Contains(b.text, files) {
		files = filesOfBot(t)
	}
	text := strings.NewReplacer("xoxb-…", "xoxb-0123", "…", "0123456789abcdef0123", "/etc/autoscalebot", files).Replace(b.text)
	cmd := exec.Command("bash", "-c", "set -a\n"+text+"\nset +a\nenv -0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for pair := range strings.SplitSeq(string(out), "\x00") {
		if name, _, _ := strings.Cut(pair, "="); isSetting(name) {
			pairs = append(pairs, settings.Prefix+pair) // with the prefix, an unknown name is an error
		}
	}
	return pairs
}

// A folder with what the settings of HAProxy name.
func filesOfBot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"haproxy.cfg": "backend web\n$SERVERS\n", "known_hosts": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "id_ed25519")).CombinedOutput(); err != nil {
		t.Skipf("there is no ssh-keygen: %v %s", err, out)
	}
	return dir
}

func (b docBlock) platform() string {
	named := regexp.MustCompile(`(?m)^PLATFORM=(\S+)`).FindStringSubmatch(b.text)
	switch {
	case named != nil:
		return named[1]
	case poolsPages.MatchString(b.page) || poolSettings.MatchString(b.text):
		return "pool"
	case b.page == "docs/signals/logcache.md":
		return "cloudfoundry"
	}
	return "heroku"
}

func (b docBlock) loads(t *testing.T) {
	platform := b.platform()
	settingstest.Env(t, "PLATFORM="+platform, "DASHBOARD_ADDR=127.0.0.1:0")
	own := b.pairs(t)
	for _, pair := range append(docSettings[platform], own...) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	if name := map[string]string{"docs/signals/otlp.md": "OTLP_TOKEN", "docs/signals/logdrain.md": "LOGDRAIN_PASSWORD"}[b.page]; name != "" {
		t.Setenv(name, "0123456789abcdef")
	}
	if _, err := settingstest.Load(); err != nil || docSettings[platform] == nil {
		t.Errorf("%s:%d: on %s:\n%s%v", b.page, b.line, platform, b.text, err)
	}
}

func loadsYAML(t *testing.T, b docBlock) {
	file := filepath.Join(t.TempDir(), "autoscale.yaml")
	if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
	settingstest.Env(t, "AUTOSCALE_FILE="+file, "MY_HEROKU_API_KEY=0123-4567", "SMTP_URL=smtp://localhost",
		"EMAIL_FROM=a@example.com", "EMAIL_TO=b@example.com", "REDIS_URL=redis://localhost")
	for _, pair := range docSettings["heroku"] {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	if _, err := settings.LoadAll(); err != nil {
		t.Errorf("%s:%d: %v", b.page, b.line, err)
	}
}
