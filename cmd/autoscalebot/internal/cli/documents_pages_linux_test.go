package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// An account is one on Heroku, with the app that the documents name.
type account struct {
	api *herokutest.Server
	app *heart
}

const docApp = "dancing-forest-1234"

// The key is what a reader enters for "…".
func (w *world) heroku() account {
	w.t.Helper()
	w.account = account{herokutest.NewServer(w.t), newHeart(w.t)}
	a := w.account
	forest := dancingForest(a.app.url, 2)
	forest.Name = docApp
	a.api.AddApp(forest)
	a.app.answer(takes(20 * time.Millisecond))
	w.export("HEROKU_API_URL=" + a.api.URL)
	w.fills("HEROKU_API_KEY=…", "HEROKU_API_KEY="+a.api.Key)
	w.write("elsewhere", "HEROKU_API_URL="+a.api.URL+"\n")
	w.write("key", "HEROKU_API_KEY="+a.api.Key+"\n")
	return a
}

// The reader has set the app and the key.
func (w *world) herokuIsSet(more ...string) account {
	a := w.heroku()
	w.export(append([]string{"HEROKU_APP_NAME=" + docApp, "HEROKU_API_KEY=" + a.api.Key}, more...)...)
	return a
}

// git gets the repository from this machine.
func (w *world) gitHub() {
	w.t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		w.t.Skip(err)
	}
	repository, err := docRepository()
	w.must(err)
	w.must(os.Symlink(repository, w.path("repository")))
	w.write("home/.gitconfig", "[user]\nname = Ann\nemail = ann@example.com\n[url \"file://"+repository+"\"]\ninsteadOf = https://github.com/autoscalebot/autoscalebot\n")
	w.must(exec.Command("git", "init", "-q", "--bare", "-b", "main", w.path("heroku.git")).Run())
}

// The reader is in a clone of the repository.
func (w *world) cloned() {
	w.t.Helper()
	w.gitHub()
	cmd := exec.Command("git", "clone", "-q", "https://github.com/autoscalebot/autoscalebot", w.path("work/autoscalebot"))
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	w.goes("work/autoscalebot")
}

func (w *world) goes(folder string) {
	w.t.Helper()
	w.mkdir(folder)
	w.shell("")
	w.write("shell/cwd", w.path(folder))
}

// The answers of somebody who accepts what init proposes.
func accepts(key string) [][2]string {
	return [][2]string{
		{"App on Heroku:", docApp},
		{"API key (hidden as you type):", key},
		{"Heartbeat page", ""},
		{"Use these thresholds", ""},
		{"Minimum number of dynos", ""},
		{"Maximum number of dynos", ""},
		{"Keep these limits", ""},
		{"Use the adaptive policy", ""},
		{"Begin with a dry run", ""},
	}
}

var pageTable = map[string]page{
	"README.md": {
		begin: func(w *world) { w.heroku(); w.gitHub() },
		steps: map[string]step{
			"bin/autoscalebot init": {typed: accepts(herokutest.Key)},
		},
	},
	"CONTRIBUTING.md": {begin: (*world).cloned},
	"docs/coming-from.md": {
		begin: func(w *world) {
			w.installed()
			w.herokuIsSet("MAX_DYNOS=5")
			w.write("work/policy.json", docPolicy)
			w.write("root/etc/autoscaler/autoscaler.ini", "[haproxy]\nservers=haproxy01\nssh_user=ubuntu\nserver_line=server $NAME $IP:80 check\n")
		},
		steps: map[string]step{
			"autoscalebot convert --to policy autoscale.yaml":         {before: func(w *world) { w.write("work/autoscale.yaml", "min_dynos: 1\nmax_dynos: 3\n") }},
			"autoscalebot init --from /etc/autoscaler/autoscaler.ini": {machine: "-haproxy"},
		},
	},
	"docs/dashboard.md": {
		begin: func(w *world) { w.installed(); w.herokuIsSet("ADMIN_TOKEN=admin-token-0123456789") },
		steps: map[string]step{
			"DASHBOARD_ADDR=127.0.0.1:8080 autoscalebot run": {before: onePort("127.0.0.1:8080"), until: "msg=serving"},
			`curl -H "Authorization: Bearer $ADMIN_TOKEN" http://127.0.0.1:8080/metrics`: {
				before: func(w *world) {
					b := w.bot("DASHBOARD_ADDR=" + w.filled("127.0.0.1:8080"))
					b.wait("a decision", func() bool { return strings.Contains(b.log.String(), "held at") })
				},
				after: func(w *world) { w.bots[0].terminate() },
			},
		},
	},
	"docs/cloudfoundry.md": {begin: func(w *world) { w.cloned() }},
	"docs/commands.md":     {begin: commandsPage, steps: commandsSteps()},
	"docs/control.md": {
		begin: func(w *world) {
			w.installed()
			w.gitHub()
			addr := porttest.Addr(w.t)
			w.fills("10.0.0.5:7070", addr, "ADMIN_TOKEN=…", "ADMIN_TOKEN=admin-token-0123456789")
			a := w.herokuIsSet("MAX_DYNOS=5")
			db := postgrestest.New(w.t).URL("postgres")
			w.write("database", "DATABASE_URL="+db+"\n")
			w.write("heroku/app-of-the-git-remote", "HEROKU_APP_NAME="+docApp+"\nHEROKU_API_KEY="+a.api.Key+"\n")
			w.scales(a, "ADMIN_ADDR="+addr, "ADMIN_TOKEN=admin-token-0123456789", "DATABASE_URL="+db)
		},
		steps: map[string]step{
			"autoscalebot reload": reloadStep(),
			"autoscalebot status #3": {
				machine: "-another", env: []string{"XDG_RUNTIME_DIR=/run/user/1000"}, code: exitWork,
			},
		},
	},
	"docs/experiments.md": {
		begin: func(w *world) {
			w.installed()
			if !racetest.On {
				w.export(w.recorded("recorded", november(), 1)...)
			}
		},
		steps: map[string]step{
			"autoscalebot simulate --shape flash --policy all":       {computes: true, fill: []string{"flash", "flash --peak-dynos 3"}},
			"autoscalebot backtest --since 30d INCREMENT_UP=3":       {computes: true},
			"autoscalebot tune --since 30d --slow-minute-price 0.10": {computes: true, fill: []string{"tune", "tune --trials 2"}},
			"autoscalebot suggest --since 30d":                       {notRun: "takes a quarter of a minute; docs/commands.md has a shorter one"},
			"autoscalebot simulate --shape flash --policy count,adaptive,hpa-70,heroku,oracle HEARTBEAT_INTERVAL_IN_SECONDS=5": {
				notRun: "TestExperimentInTheDocument runs it",
			},
		},
	},
	"docs/history.md": {
		begin: func(w *world) {
			w.installed()
			w.herokuIsSet("MAX_DYNOS=5")
			w.beats()
		},
		steps: map[string]step{
			`autoscalebot why --at "yesterday 15:00"`: ranYesterday(),
			"heroku run -- autoscalebot status": {before: func(w *world) {
				db := postgrestest.New(w.t).URL("postgres")
				w.write("heroku/app-of-the-git-remote", strings.Join(w.env, "\n")+"\nDATABASE_URL="+db+"\n")
				b := w.bot("DATABASE_URL="+db, "HISTORY=postgres")
				b.wait("a decision", func() bool { return strings.Contains(b.log.String(), "held at") })
			}},
		},
	},
	"docs/notifications.md": {
		begin: func(w *world) {
			w.installed()
			w.herokuIsSet()
			hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
			w.t.Cleanup(hook.Close)
			w.fills("https://hooks.slack.com/services/T…/B…/…", hook.URL+"/services/T0/B0/X0")
		},
	},
	"docs/pools/cpu.md": {steps: map[string]step{"ssh -N -D 127.0.0.1:1080 -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 tunnel@lb.example.com": {until: "-- the tunnel --"}}},
	"docs/pools/haproxy.md": {begin: func(w *world) {
		w.fills("-f "+w.path("root/etc/autoscalebot/id_ed25519"), "-N '' -q -f "+w.path("root/etc/autoscalebot/id_ed25519"))
	}},
	"docs/signals/logcache.md": {begin: func(w *world) {
		w.serves("log-cache.example.com", http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "bearer cf-token" || !strings.HasPrefix(r.URL.Path, "/api/v1/read/4de7ac8b-") || r.FormValue("envelope_types") != "GAUGE" {
				w.t.Errorf("Log Cache was asked %s", r.URL)
			}
		}))
	}},
	"docs/signals/logdrain.md": {
		begin: func(w *world) { w.herokuIsSet("HISTORY=memory") },
		steps: map[string]step{
			"curl -i -u drain:$PASSWORD…": {before: func(w *world) { w.botOnHeroku("my-bot") }},
		},
	},
	"docs/signals/otlp.md": {
		sources: []string{"OTLP_TOKEN=…                    # from openssl rand -hex 16"},
		begin: func(w *world) {
			w.herokuIsSet("HISTORY=memory")
			w.fills("OTLP_TOKEN=…", "OTLP_TOKEN=otlp-token-0123456789")
			w.botOnHeroku("my-bot", "OTLP_TOKEN=otlp-token-0123456789", "SIGNALS=jobs=otlp:jobs", "RULES=jobs max=10 fails=3")
		},
	},
	"docs/signals/push.md": {
		sources: []string{"PUSH_TOKEN=…                    # from openssl rand -hex 16"},
		begin: func(w *world) {
			w.herokuIsSet("HISTORY=memory")
			w.fills("PUSH_TOKEN=…", "PUSH_TOKEN=push-token-0123456789", "my-app", docApp)
			w.botOnHeroku("my-bot", "PUSH_TOKEN=push-token-0123456789", "SIGNALS=jobs=push:jobs", "RULES=jobs max=10 fails=3")
		},
	},
	"docs/signals/rabbitmq.md": {},
	"docs/heartbeat.md": {
		begin: func(w *world) {
			w.installed()
			w.cloned()
			w.herokuIsSet()
			w.mkdir("work/my-app/app/controllers")
			w.goes("work/my-app")
		},
	},
	"docs/install.md": {
		begin: func(w *world) { w.heroku(); w.gitHub(); w.releases() },
		steps: map[string]step{
			"autoscalebot init":           {before: func(w *world) { w.goes("work/init") }, typed: slices.Delete(accepts(herokutest.Key), 1, 2)},
			"journalctl -fu autoscalebot": {until: "-- the journal --"},
			"git clone https://github.com/autoscalebot/autoscalebot && cd autoscalebot #1": {before: func(w *world) { w.goes("work") }},
			"git clone https://github.com/autoscalebot/autoscalebot && cd autoscalebot #2": {before: func(w *world) { w.goes("work/root") }},
			"ADMIN_SOCKET=/run/autoscalebot/bot.sock autoscalebot status":                  {before: (*world).serviceRuns, after: (*world).stopServices},
			"docker exec autoscalebot autoscalebot status": {before: (*world).containerRuns, after: func(w *world) {
				if found, err := filepath.Glob(w.path("volumes/autoscalebot/*.db")); err != nil || len(found) != 1 {
					w.t.Errorf("the volume has the histories %q %v", found, err)
				}
			}},
			"heroku buildpacks:add --index 1 https://github.com/autoscalebot/autoscalebot/releases/latest/download/autoscalebot-buildpack.tar.gz": {
				before: func(w *world) {
					w.goes("work/my-app")
					w.write("work/my-app/Procfile", "web: ./web\n")
					w.must(exec.Command("sh", "-c", `cd "$0" && git init -q -b main && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm all &&
						git init -q --bare -b main "$1"/heroku.git && git remote add heroku "$1"/heroku.git`, w.path("work/my-app"), w.path("another")).Run())
				},
			},
		},
	},
	"docs/performance.md": {begin: func(w *world) {
		dir, err := filepath.Abs(root)
		w.must(err)
		w.shell("")
		w.write("shell/cwd", dir)
	}},
	"docs/platforms.md": {
		begin: func(w *world) { w.installed(); w.heroku() },
		steps: map[string]step{
			"set -a; . ./pool.env; set +a": {before: func(w *world) {
				c := newCloud(w.t)
				var own string
				for _, pair := range c.env("HEARTBEAT_URL=" + newHeart(w.t).url + "/autoscalebot/heartbeat/") {
					name, value, _ := strings.Cut(pair, "=")
					own += name + "='" + value + "'\n"
				}
				w.write("work/pool.env", read(w.t, w.path("work/pool.env"))+own)
			}},
		},
	},
	"docs/pools.md": poolsPage(),
	"docs/pools/digitalocean.md": {
		begin: func(w *world) {
			w.installed()
			c := newCloud(w.t)
			w.export(c.env("HEARTBEAT_URL=" + newHeart(w.t).url + "/autoscalebot/heartbeat/")...)
		},
	},
	"docs/signals.md": {
		begin: func(w *world) {
			w.installed()
			w.herokuIsSet()
			socket, _ := startRedis(w.t)
			db := postgrestest.New(w.t).URL("postgres")
			w.fills("redis://:password@host:6379/0", "redis+unix://"+socket, "postgres://user:password@host/app", db, "good_jobs where finished_at is null", "pg_class")
		},
	},
	"docs/policies.md": {
		begin: func(w *world) {
			w.installed()
			w.write("work/traffic.csv", "unix_time,requests\n1700000000,600\n1700000060,1200\n1700000120,2400\n1700000180,600\n1700000240,600\n1700000300,600\n")
		},
	},
	"docs/settings.md": {begin: func(w *world) { w.heroku() }},
	"docs/upgrade.md": {
		begin: func(w *world) { w.installed(); w.cloned(); w.herokuIsSet() },
		steps: map[string]step{
			"autoscalebot export --since 1000d > history.jsonl": {before: (*world).beats},
			"git pull && git push heroku main": {before: func(w *world) {
				w.must(exec.Command("git", "-C", w.path("work/autoscalebot"), "remote", "add", "heroku", w.path("heroku.git")).Run())
			}},
		},
	},
	"examples/migrate-from-python/README.md": {
		begin: func(w *world) {
			w.gitHub()
			w.mkdir("work/myproject")
			for _, name := range []string{"autoscale_settings.py", "myproject/settings.py"} {
				w.write("work/"+name, "HEROKU_APP_NAME = 'shop'\nMAX_DYNOS = 5\n")
			}
			w.must(os.Link(root+"examples/migrate-from-python/settings_to_env.py", w.path("work/settings_to_env.py")))
		},
	},
	"examples/procfile-app/README.md": {
		begin: (*world).cloned,
		steps: map[string]step{
			"set -a; . ../env/local.env; set +a": {after: func(w *world) {
				addr := porttest.Addr(w.t)
				w.enter("LOCAL_ADDR=" + addr)
				w.fills("127.0.0.1:8080", addr)
			}},
			"python3 load.py http://127.0.0.1:8080/ 10 60": {
				// The bot runs in the first terminal.
				before: func(w *world) {
					w.enter("../../autoscalebot >bot.log 2>&1 & echo $! >>$FAKE_WORLD/pids; until grep -q 'held at' bot.log; do sleep 0.1; done")
				},
				fill: []string{" 10 60", " 10 1"},
			},
		},
	},
}

const docPolicy = `{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [
  {"metric_type": "responsetime", "operator": ">", "threshold": 500, "adjustment": "+1", "breach_duration_secs": 120, "cool_down_secs": 300},
  {"metric_type": "responsetime", "operator": "<", "threshold": 100, "adjustment": "-1", "breach_duration_secs": 120, "cool_down_secs": 300}
]}`
