package haproxy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
)

func TestDocumentedConfigurations(t *testing.T) {
	text, err := os.ReadFile("../../docs/pools/haproxy.md")
	must(t, err)
	examples := regexp.MustCompile("(?s)```haproxy\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) != 4 {
		t.Fatalf("there are %d examples", len(examples))
	}
	const missing = "config : config: Can't open global server state file '/var/lib/haproxy/state'" // which is written before a reload only
	binary := proxyBinary(t)
	for i, e := range examples {
		dir := t.TempDir()
		file := filepath.Join(dir, "haproxy.cfg")
		must(t, os.WriteFile(file, []byte(e[1]), 0o600))
		if strings.Contains(e[1], "$SERVERS") {
			_, err := haproxy.NewFile(haproxy.FileOptions{Config: "/etc/haproxy/haproxy.cfg", Template: file, ServerLine: "server $NAME $IP:80 check cookie $NAME"})
			must(t, err)
			e[1] = strings.Replace(e[1], "$SERVERS", "server web-1 10.0.0.1:80 check cookie web-1 weight 0", 1)
			must(t, os.WriteFile(file, []byte(e[1]), 0o600))
		}
		if out, err := exec.Command(binary, "-c", "-f", file).CombinedOutput(); err != nil || strings.Contains(strings.ReplaceAll(string(out), missing, ""), "config :") {
			t.Errorf("example %d: %v: %s", i+1, err, out)
		}
	}
}
