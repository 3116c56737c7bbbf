//go:build linux

package cli

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
)

// A ledger holds the requests that would change something outside.
type ledger struct {
	mu      sync.Mutex
	changes []string
}

func (l *ledger) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, fmt.Sprintf(format, args...))
}

// The socket of a HAProxy with one server, web-1. The ledger gets each command that is not a query.
func (l *ledger) balancer(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "dry")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	answers := map[string]string{
		"show servers state web": "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
			"srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id " +
			"srv_f_forced_id srv_fqdn srv_port srvrecord\n3 web 1 web-1 127.110.0.2 2 0 1 1 4 1 0 0 0 0 0 0 - 80 -\n",
		"show stat web -1 -1": "# pxname,svname,qcur,scur,status,\nweb,web-1,0,0,UP,\n",
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				command, _ := bufio.NewReader(conn).ReadString('\n')
				command = strings.TrimSuffix(command, "\n")
				if !strings.HasPrefix(command, "show ") && !strings.Contains(command, "only-asked") { // HAProxy always refuses this one
					l.note("the balancer: %s", command)
				}
				if strings.Contains(command, "only-asked") {
					_, _ = io.WriteString(conn, "unknown keyword 'only-asked-1'.\n")
				}
				for begin, answer := range answers {
					if strings.HasPrefix(command, begin[:12]) {
						_, _ = io.WriteString(conn, answer)
					}
				}
				_, _ = io.WriteString(conn, "\n")
			}()
		}
	}()
	return socket
}

// A bot of the same app that is not in a dry run. The ledger gets each request that is not a query.
func (l *ledger) bot(t *testing.T) (addr string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			l.note("the bot: %s %s", r.Method, r.URL.Path)
		}
		_, _ = io.WriteString(w, `{"time":"2026-12-01T01:00:00Z","started":"2026-12-01T00:00:00Z","version":"0.1.0","app":"shop","process_type":"web",`+
			`"dry_run":false,"limits":{"min":1,"max":3},"control":{},"records":[]}`)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Only commands without subcommands do work. Hidden ones count.
func leaves(cmd *cobra.Command) (paths []string) {
	for _, sub := range cmd.Commands() {
		if sub.HasSubCommands() {
			paths = append(paths, leaves(sub)...)
			continue
		}
		_, path, _ := strings.Cut(sub.CommandPath(), " ")
		paths = append(paths, path)
	}
	return paths
}

// With DRY_RUN no command changes a server, the balancer, an image, a running bot, a settings file or the history. Every
// command has a line here.
func TestNoCommandActsInADryRun(t *testing.T) {
	t.Parallel()
	c, l, app := newCloud(t), &ledger{}, newHeart(t)
	c.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"autoscalebot:web"}})
	c.AddDroplet(digitaloceantest.Droplet{Name: "web-2", Tags: []string{"autoscalebot:web"}})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("pool.env", "DIGITALOCEAN_IMAGE=ubuntu-24-04-x64\n")
	policy := write("policy.json", `{"instance_min_count":1,"instance_max_count":3,"scaling_rules":[]}`)
	record := write("records.jsonl", `{"time":"2026-12-01T01:00:00Z","app":"shop","process_type":"web"}`+"\n")
	env := c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+l.balancer(t), "HAPROXY_BACKEND=web",
		"HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "MAX_DYNOS=4", "POOL_DRAIN_IN_SECONDS=1",
		"ADMIN_ADDR="+l.bot(t), "ADMIN_TOKEN=0123456789abcdef0123", "HISTORY=sqlite:"+filepath.Join(dir, "history.db"), "DRY_RUN=true", "LOG_LEVEL=debug")
	const (
		reads = "only reads, and prints" // and may fail here without data
		again = "lets the bot read its own settings, which may end or begin a dry run"
		alone = "acts on processes of its own only" // not named by the settings
	)
	table := map[string]string{
		"run":              "", // below
		"servers spinup":   "servers spinup --yes --beside-bot",
		"servers drain":    "servers drain web-1 --yes --beside-bot",
		"servers undrain":  "servers undrain web-2 --yes --beside-bot",
		"servers destroy":  "servers destroy web-1 --yes --beside-bot",
		"servers resize":   "servers resize web-1 s-2vcpu-2gb --now --yes --beside-bot",
		"servers snapshot": "servers snapshot web-1 spring --yes --beside-bot",
		"servers list":     "servers list",
		"servers sizes":    "servers sizes",
		"servers images":   "servers images",
		"image prepare":    "image prepare --name spring --write " + file + " --yes --beside-bot",
		"pause":            "pause up 1h",
		"resume":           "resume",
		"scale":            "scale 3 for 1h",
		"limits":           "limits 1..2 for 1h",
		"import":           "import " + record,
		"check":            "check",
		"status":           "status",
		"why":              "why",
		"convert":          "convert --to autoscale " + policy,
		"init":             "init --out -",
		"settings":         "settings",
		"version":          "version",
		"export":           reads, "report": reads, "backtest": reads, "cost": reads,
		"reload": again, "simulate": reads, "suggest": reads, "tune": reads, "compare": reads,
		"demo": alone, "sample-app": alone,
	}
	started := false
	before := files(t, dir)
	for _, path := range leaves(newRoot(&started)) {
		line, ok := table[path]
		switch {
		case !ok:
			t.Errorf("autoscalebot %s is not in this test: what does it do with DRY_RUN?", path)
		case line == "" || line == reads || line == alone || line == again:
		default:
			o := runOnce(t, env, strings.Fields(line)...)
			if o.code != exitFine {
				t.Errorf("%s: code %d, want 0\n%s%s", line, o.code, o.stdout, o.stderr)
			}
			acts := strings.Contains(line, "--yes") || slices.Contains([]string{"pause", "resume", "scale", "limits", "import"}, path)
			if acts != strings.Contains(o.stdout, "nothing was done: DRY_RUN is set") {
				t.Errorf("%s says\n%s%s", line, o.stdout, o.stderr)
			}
		}
		l.nothing(t, "autoscalebot "+path, c)
	}
	for path, was := range before {
		if now := files(t, dir)[path]; now != was {
			t.Errorf("%s was changed", path)
		}
	}
	if got := len(files(t, dir)); got != len(before) {
		t.Errorf("there are %d files, and were %d: %v", got, len(before), files(t, dir))
	}
	// The bot itself, with a server that it would put into rotation.
	b := start(t, nil, append(env, "ADMIN_ADDR=", "ADMIN_TOKEN=")...)
	b.wait("what it would do", func() bool { return strings.Contains(b.log.String(), "pool: would add") })
	b.terminate()
	l.nothing(t, "autoscalebot run", c)
}

func (l *ledger) nothing(t *testing.T, what string, c *cloud) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, call := range c.Calls() {
		if call.Method != http.MethodGet {
			l.changes = append(l.changes, call.Method+" "+call.Path)
		}
	}
	if len(l.changes) > 0 {
		t.Fatalf("%s in a dry run changed: %q", what, l.changes)
	}
}

// A bot in a dry run accepts commands, as it changes nothing.
func TestADryRunIsRehearsed(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	env := c.env("HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "DRY_RUN=true")
	b := start(t, nil, env...)
	b.wait("the socket", func() bool { return strings.Contains(b.log.String(), "listening for") })
	c.once(env, exitFine, "scale 2 for 1h", "2")
	c.once(env, exitFine, "status", "dry run")
	b.terminate()
	(&ledger{}).nothing(t, "scale", c)
}
