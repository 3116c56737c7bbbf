package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// A bot has taken a few heartbeats.
func (w *world) beats() {
	w.t.Helper()
	b := w.bot("HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "LOG_LEVEL=debug", "MAX_RESPONSE_TIME_IN_MS=10000")
	b.wait("heartbeats", func() bool { return strings.Count(b.log.String(), "held at") > 2 })
	b.terminate()
}

var day = regexp.MustCompile(`2026-\d\d-\d\d`)

// The documents are as of Tuesday 2026-12-01. Its days are this many days ago, and its weekdays the same.
func docShift() time.Duration {
	const week = 7 * 24 * time.Hour
	return time.Since(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) / week * week
}

// Days in commands are in the past now.
func shiftDays(text string) string {
	return day.ReplaceAllStringFunc(text, func(s string) string {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return s
		}
		return at.Add(docShift()).Format(time.DateOnly)
	})
}

// The beginning of November as of the documents.
func november() time.Time { return time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).Add(docShift()) }

// The file NAME.jsonl has the heartbeats of some days, and so has a history. The result is the environment that selects it.
func (w *world) recorded(name string, begin time.Time, days int) (env []string) {
	w.t.Helper()
	f := sim.DefaultFleet()
	f.Slots, f.Service.Mean = 1, 250*time.Millisecond
	o := sim.Options{Demand: busyMornings{begin, days}, Fleet: f, Start: begin, Seed: 3}
	w.must(writeRecord(w.t.Context(), w.path(name+".jsonl"), o, "HEARTBEAT_INTERVAL_IN_SECONDS=900"))
	env = []string{"HEROKU_APP_NAME=shop", "HISTORY=sqlite:" + w.path(name+".db"), "HISTORY_DAYS=60", "DYNO_PRICE_PER_MONTH=25", "MAX_DYNOS="}
	imported := runProgram(w.t, binary(w.t), append(slices.Clone(w.env), env...), "import", w.path(name+".jsonl"))
	if imported.code != exitFine {
		w.t.Fatal(imported.stderr)
	}
	return env
}

// The bot ran yesterday, and the reader looks at its history.
func ranYesterday() step {
	return step{
		before: func(w *world) {
			w.recorded("yesterday", time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1), 1)
			w.must(os.Rename(w.path("yesterday.db"), w.path("work/yesterday.db")))
		},
		env:    []string{"HEROKU_APP_NAME=shop", "HISTORY=sqlite:yesterday.db", "TIME_ZONE=Europe/Berlin"},
		unlike: "the decisions are others",
	}
}

// A bot in the background scales from 2 to 3 dynos, and then holds.
func (w *world) scales(a account, env ...string) {
	w.t.Helper()
	a.app.answer(takes(1100 * time.Millisecond))
	b := w.bot(append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=1.5", "MIN_RESPONSE_TIME_IN_MS=5", "LOG_LEVEL=debug", "DEPLOY_GRACE_IN_SECONDS=0")...)
	b.wait("a scale-up", func() bool { return strings.Contains(b.log.String(), "scaled 2 → 3") })
	a.app.answer(takes(100 * time.Millisecond))
	b.wait("it to hold", func() bool { return strings.Contains(b.log.String(), "is ok (between") })
}

func commandsPage(w *world) {
	w.installed()
	w.herokuIsSet("MAX_DYNOS=5").app.answer(takes(100 * time.Millisecond))
	w.write("work/policy.json", docPolicy)
}

func commandsSteps() map[string]step {
	runs := func(args ...string) func(*world) {
		return func(w *world) {
			if o := runProgram(w.t, binary(w.t), w.env, args...); o.code != exitFine {
				w.t.Errorf("%v: %s", args, o.stderr)
			}
		}
	}
	return map[string]step{
		"autoscalebot init": {machine: "-init", typed: accepts(herokutest.Key), part: true, env: []string{"HEROKU_APP_NAME=", "HEROKU_API_KEY="}},
		"autoscalebot init --app dancing-forest-1234 --max 5 --yes": {machine: "-flags", before: func(w *world) { w.app.answer(takes(20 * time.Millisecond)) }},
		"autoscalebot init --platform heroku":                       {machine: "-platform"},
		"autoscalebot check":                                        {before: func(w *world) { w.app.answer(takes(300 * time.Millisecond)) }, env: []string{"HISTORY=memory", "NOTIFICATION_BACKENDS=slack", "SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T/B/X"}},
		"autoscalebot check #2":                                     {env: []string{"AUTOSCALE_MAX_DYNO=5", "HEROKU_API_KEY="}, code: exitUsage},
		"autoscalebot run": {
			env:   []string{"HEARTBEAT_INTERVAL_IN_SECONDS=1.5", "MAX_RESPONSE_TIME_IN_MS=700", "HISTORY=memory"},
			until: "scaled 2 → 3", subset: true,
			before: func(w *world) {
				n := 0
				w.account.app.answer(func(a http.ResponseWriter, r *http.Request) {
					if n++; n > 1 {
						time.Sleep(600 * time.Millisecond)
					}
					takes(300*time.Millisecond)(a, r)
				})
			},
		},
		"autoscalebot demo": {until: "watch the bot at", unlike: "it depends on how long it runs"},
		"autoscalebot status": {before: func(w *world) {
			w.account.api.SetQuantity(docApp, "web", 2)
			w.scales(w.account)
			runs("pause", "down", "2h")(w)
			runs("scale", "4", "for", "1h")(w)
			b := w.bots[0]
			b.wait("the override", func() bool { return strings.Contains(b.log.String(), "scaled 3 → 4") })
		}},
		"autoscalebot pause down 2h":                     {before: func(w *world) { runs("scale", "auto")(w); runs("resume")(w) }},
		"autoscalebot scale 9":                           {code: exitWork},
		"autoscalebot scale auto":                        {after: func(w *world) { w.bots[0].terminate() }},
		"autoscalebot why --at \"yesterday 15:00\" -n 4": ranYesterday(),
		"autoscalebot limits 10..20 from fri 8:00 until mon 8:00": {before: func(w *world) {
			b := w.bot(shiftDays("MAX_DYNOS=0:00=5, 2026-11-27..2026-11-29 0:00=20"), "MIN_RESPONSE_TIME_IN_MS=5")
			b.wait("a decision", func() bool { return strings.Contains(b.log.String(), "held at") })
		}},
		"autoscalebot limits auto": {after: func(w *world) { w.bots[len(w.bots)-1].terminate() }},
		"autoscalebot reload":      reloadStep(),
		"autoscalebot reload #2":   refusedReloadStep(),
		"autoscalebot report --since 2026-11-09 --until 2026-11-16 --out week.html": {before: func(w *world) {
			begin, days := november(), 15
			if racetest.On {
				begin, days = begin.AddDate(0, 0, 10), 3
			}
			w.after = w.recorded("november", begin, days)
			w.before = slices.Clone(w.env)
			w.export(w.after...)
		}},
		"autoscalebot cost":                           {notRun: "TestScript/cost runs it on recorded months"},
		"autoscalebot cost --month 2026-11":           {unlike: "in November it has a forecast"},
		"autoscalebot export --since 1h --format csv": {env: []string{"HEROKU_APP_NAME=" + docApp, "HISTORY=auto"}, subset: true},
		"autoscalebot import november.jsonl": {
			before: func(w *world) { w.must(os.Rename(w.path("november.jsonl"), w.path("work/november.jsonl"))) },
			env:    []string{"HISTORY=sqlite:new.db"},
		},
		"autoscalebot servers spinup": {before: func(w *world) {
			f, c := newFrontend(w.t), newCloud(w.t)
			w.env = append(slices.Clone(w.before), c.env("POOL_BALANCER=haproxy", "HAPROXY_SOCKETS="+f.socket, "HAPROXY_BACKEND=web", "SIZES=s-1vcpu-1gb", "HEALTH_CHECK_PASSES=1", "MAX_DYNOS=3")...)
		}},
		"autoscalebot servers list": {after: func(w *world) { w.env = slices.Concat(w.before, w.after) }},
		"autoscalebot simulate --shape flash --peak-dynos 3 --policy count,adaptive": {computes: true, env: []string{"DYNO_PRICE_PER_MONTH="}},
		"autoscalebot backtest --since 30d INCREMENT_UP=2": {computes: true, before: func(w *world) {
			if !racetest.On {
				w.env = slices.Concat(w.before, w.recorded("day", november(), 1))
			}
		}, after: func(w *world) { w.env = slices.Concat(w.before, w.after) }},
		"autoscalebot tune --shape flash --peak-dynos 3 --trials 16": {computes: true},
		"autoscalebot suggest --rows --slow-minute-price 0.2":        {computes: true},
	}
}

func poolsPage() page {
	return page{
		begin: func(w *world) {
			w.installed()
			f, c := newFrontend(w.t), newCloud(w.t)
			c.Token = "dop_v1_0123456789abcdef"
			c.AddImage(digitaloceantest.Image{Name: "web-2026-11-22"})
			blocks := docBlocks(w.t, "docs/pools.md")
			for _, b := range blocks {
				if strings.HasPrefix(b.text, "# pool.env\n") && strings.Contains(b.text, "POOL_PROVIDER=digitalocean") {
					w.write("work/pool.env", strings.NewReplacer("/run/haproxy/admin.sock", f.socket, "https://www.example.com", f.url).Replace(b.text))
				}
			}
			w.write("work/setup.sh", "true\n")
			w.export("DIGITALOCEAN_API_URL="+c.url, "SERVER_PORT="+c.port, "HISTORY=none", "POOL_DRAIN_IN_SECONDS=2", "HEROKU_APP_NAME=shop", "HEALTH_CHECK_PASSES=1")
		},
		steps: map[string]step{
			"autoscalebot servers spinup":        {block: "would:"},
			"autoscalebot servers list [--json]": {fill: []string{"[--json]", "--json"}},
			"autoscalebot servers spinup [NAME]": {fill: []string{"[NAME]", "web-2"}},
			"autoscalebot servers drain NAME":    {fill: []string{"NAME", "web-1"}},
			"autoscalebot servers destroy NAME":  {fill: []string{"NAME", "web-1"}},
			"autoscalebot servers resize NAME SIZE": {before: func(w *world) {
				env := append(slices.Clone(w.env), strings.Fields(strings.ReplaceAll(read(w.t, w.path("work/pool.env")), "# pool.env", ""))...)
				if o := runProgram(w.t, binary(w.t), env, "servers", "spinup", "web-2", "--yes"); o.code != exitFine {
					w.t.Errorf("%s%s", o.stdout, o.stderr)
				}
			}, fill: []string{"NAME SIZE", "web-1 s-2vcpu-2gb"}},
			"autoscalebot servers snapshot NAME IMAGE": {fill: []string{"NAME IMAGE", "web-1 spring"}},
			"autoscalebot image prepare --script setup.sh --write pool.env": {before: func(w *world) {
				w.write("home/.ssh/known_hosts", "")
				w.must(exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", w.path("home/.ssh/id")).Run())
				w.export("SSH_KEY_FILE=" + w.path("home/.ssh/id"))
			}},
			"autoscalebot image prepare --script setup.sh --write pool.env --yes": {notRun: "runs a script over SSH. TestAnImageIsPrepared and TestRealSSHD run its parts"},
		},
	}
}

// The releases on GitHub.
func (w *world) releases() {
	w.t.Helper()
	name := "autoscalebot_" + service.Released
	program, err := os.ReadFile(binary(w.t))
	w.must(err)
	var archive bytes.Buffer
	z, err := gzip.NewWriterLevel(&archive, gzip.NoCompression)
	w.must(err)
	files := tar.NewWriter(z)
	w.must(files.WriteHeader(&tar.Header{Name: name + "_linux_amd64/autoscalebot", Mode: 0o755, Size: int64(len(program))}))
	_, err = files.Write(program)
	w.must(err)
	w.must(files.Close())
	w.must(z.Close())
	assets := map[string][]byte{name + "_linux_amd64.tar.gz": archive.Bytes(), name + "_linux_amd64.deb": []byte("deb"), name + "_linux_amd64.rpm": []byte("rpm")}
	sums := ""
	for file, content := range assets {
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(content), file)
	}
	assets[name+"_checksums.txt"] = []byte(sums)
	assets["autoscalebot-buildpack.tar.gz"] = []byte("buildpack")
	url := w.serves("github.com", http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		folder, file := filepath.Split(r.URL.Path)
		content, ok := assets[file]
		if from := "/autoscalebot/autoscalebot/releases/"; !ok || folder != from+"download/v"+service.Released+"/" && folder != from+"latest/download/" {
			http.NotFound(a, r)
			return
		}
		_, _ = a.Write(content)
	}))
	w.write("releases", url)
}

// The service decides.
func (w *world) serviceRuns() {
	w.t.Helper()
	w.decides("service.log")
}

func (w *world) containerRuns() {
	w.t.Helper()
	w.decides("container.log")
}

func (w *world) decides(log string) {
	w.t.Helper()
	(&process{t: w.t}).wait("a decision in "+log, func() bool {
		text, _ := os.ReadFile(w.path(log))
		return strings.Contains(string(text), "held at")
	})
}
