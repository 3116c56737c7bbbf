package cli

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// A demo of a pool prints events as they happen, and a summary when it is interrupted.
func TestDemoOfAPool(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a pool of processes")
	}
	for name, tt := range map[string]struct {
		args           []string
		awaits, ending []string
	}{
		"whatever balancer there is": {nil, []string{
			`web-1 was ordered: desired 1`,
			`web-1 serves`,
			`the sample app answers at http://127\.0\.0\.1:[0-9]+, its servers behind (HAProxy [0-9.]+|the built-in balancer \(.*\)); watch the bot at http`,
			`0:[0-9]{2} +[0-9]+ req/s  web [1-6] .* cpu +[0-9]+ %`,
		}, []string{
			`requests +[1-9][0-9]*, [0-9]+ not answered`,
			`server-seconds +[1-9]`,
			`servers +[1-9] created, [0-9] destroyed, behind (HAProxy [0-9.]+|the built-in balancer.*)`,
		}},
		"built-in, as JSON": {[]string{"--balancer", "built-in", "--json"}, []string{
			`"readings":\[\{"signal":"heartbeat",.*"outcome":"answered",.*\{"signal":"cpu",[^{}]*"outcome":"answered"`,
		}, []string{`servers +[1-9] created, [0-9] destroyed, behind the built-in balancer`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			picture := filepath.Join(t.TempDir(), "demo.svg")
			cmd := exec.CommandContext(ctx, binary(t), append([]string{"demo", "--pool", "--svg", picture}, tt.args...)...)
			var summary strings.Builder
			cmd.Stderr = &summary
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			awaits, lines := slices.Clone(tt.awaits), bufio.NewScanner(out)
			for len(awaits) > 0 && lines.Scan() {
				awaits = slices.DeleteFunc(awaits, func(p string) bool { return regexp.MustCompile(p).Match(lines.Bytes()) })
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
			asJSON := slices.Contains(tt.args, "--json")
			for lines.Scan() {
				if !asJSON {
					summary.WriteString(lines.Text() + "\n")
				}
			}
			if err := cmd.Wait(); err != nil || len(awaits) > 0 {
				t.Fatalf("%v; it did not say %q; it ended with\n%s", err, awaits, &summary)
			}
			for _, want := range tt.ending {
				if !regexp.MustCompile(want).MatchString(summary.String()) {
					t.Errorf("the summary does not say %q:\n%s", want, &summary)
				}
			}
			if svg := read(t, picture); !regexp.MustCompile(`<svg.*viewBox`).MatchString(svg) || !strings.Contains(svg, ">Servers<") {
				t.Errorf("not a picture of servers:\n%.500s", svg)
			}
		})
	}
}

// After a kill of the demo, its servers and its HAProxy end.
func TestDemoOfAPoolThatIsKilledLeavesNoProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	t.Parallel()
	pgrep, err := exec.LookPath("pgrep")
	if err != nil {
		t.Skip("without pgrep nobody can tell whether processes were left behind")
	}
	temp := t.TempDir()
	program := ownBinary(t)
	cmd := exec.Command(program, "demo", "--pool")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + temp}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var balancer string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := regexp.MustCompile(`answers at http://([0-9.:]+), its servers behind`).FindStringSubmatch(lines.Text()); m != nil {
			balancer = m[1]
			break
		}
	}
	serve := exec.Command(pgrep, "-f", program+" sample-app").Run()
	if err := cmd.Process.Kill(); err != nil || balancer == "" || serve != nil {
		t.Fatalf("the demo did not begin: the balancer is at %q, and the servers' processes: %v, %v", balancer, serve, err)
	}
	_ = cmd.Wait()
	left := func() string {
		what, _ := exec.Command(pgrep, "-af", program+" sample-app|"+temp).Output()
		if c, err := net.Dial("tcp", balancer); err == nil {
			c.Close()
			return "the balancer at " + balancer + " " + string(what)
		}
		return strings.TrimSpace(string(what))
	}
	for until := time.Now().Add(10 * time.Second); left() != ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("10 s after its end there is still %s", left())
		}
	}
}

// Wrapped lines would push the first lines out of a small terminal, so the live view turns wrapping off, and on again at its end.
func TestTheLiveViewGivesTheTerminalBack(t *testing.T) {
	var out bytes.Buffer
	sc := &screen{out: &out, live: true}
	sc.open(time.Now())
	sc.stop()
	for _, off := range []string{"\x1b[?1049h", "\x1b[?25l", "\x1b[?7l"} {
		on := off[:len(off)-1] + map[byte]string{'h': "l", 'l': "h"}[off[len(off)-1]]
		if i := strings.Index(out.String(), off); i < 0 || strings.LastIndex(out.String(), on) < i {
			t.Errorf("%q is not followed by %q in %q", off, on, out.String())
		}
	}
}

// The load passes the capacity of one process of the sample app, 23 requests/s, within 10 s, and ends where it began.
func TestLoadOfTheDemoRisesSoon(t *testing.T) {
	for _, w := range []demo.Wave{demoWave, poolWave} {
		if first, soon := w.Rate(0), w.Rate(8*time.Second); first > 16 || w == demoWave && soon < 25 {
			t.Errorf("the load of %+v begins at %.0f requests/s, and is at %.0f after 8 s", w, first, soon)
		}
	}
	if demoLength != demoWave.Period {
		t.Error("the demo does not show one wave")
	}
}

func TestWrongUsageOfTheDemo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, tt := range map[string]struct {
		env   string
		args  []string
		wants []string
	}{
		"all at once": {
			"DASHBOARD_ADDR=8080",
			[]string{"--policy", "queue", "--balancer", "nginx"},
			[]string{`--policy: "queue": must be count or adaptive`, `--balancer: invalid balancer "nginx"`, `DASHBOARD_ADDR: "8080": must be host:port`},
		},
		"a time that is past":    {"", []string{"--for", "-1s"}, []string{`--for: "-1s": must be a duration such as`}},
		"a number without unit":  {"", []string{"--for", "90"}, []string{`--for: "90": the unit is missing, as in 90m, 90h or 90d`}},
		"a policy of a pool":     {"", []string{"--pool", "--policy", "adaptive"}, []string{"--policy: cannot be combined with --pool"}},
		"open to other machines": {"DASHBOARD_ADDR=0.0.0.0:0", nil, []string{"is open to other machines without a password"}},
		"an address in use":      {"DASHBOARD_ADDR=" + taken.Addr().String(), nil, []string{"DASHBOARD_ADDR: listen tcp " + taken.Addr().String(), "Choose another address"}},
	} {
		t.Run(name, func(t *testing.T) {
			settingstest.Env(t)
			if tt.env != "" {
				key, value, _ := strings.Cut(tt.env, "=")
				t.Setenv(key, value)
			}
			var out, errs bytes.Buffer
			if code := run(t.Context(), append([]string{"demo"}, tt.args...), &out, &errs); code != exitUsage || out.Len() > 0 {
				t.Errorf("code %d, output %q", code, out.String())
			}
			for _, want := range tt.wants {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("no %q in %q", want, errs.String())
				}
			}
		})
	}
}

// The dashboards of both bots are at DASHBOARD_ADDR.
func TestDemoServesItsDashboardsWhereAsked(t *testing.T) {
	t.Parallel()
	addr := porttest.Addr(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), "demo", "--for", "0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DASHBOARD_ADDR=" + addr}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wants := []string{
		`^adaptive: the sample app answers at http://127\.0\.0\.1:[0-9]+; watch the bot at http://` + addr + `/$`,
		`^count: the sample app answers at http://127\.0\.0\.1:[0-9]+; watch the bot at http://` + addr + `/processes/count/$`,
		`^ +0:[0-9]{2} +[0-9]+ req/s  adaptive  web [1-6] `,
		`^ +0:[0-9]{2} +[0-9]+ req/s  count     web [1-6] `,
	}
	lines := bufio.NewScanner(out)
	for len(wants) > 0 && lines.Scan() {
		wants = slices.DeleteFunc(wants, func(p string) bool { return regexp.MustCompile(p).Match(lines.Bytes()) })
	}
	for path, want := range map[string]string{"/": "adaptive", "/processes/count/": "count"} {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s answers %s without %q", path, resp.Status, want)
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	var ending string
	for lines.Scan() {
		ending += lines.Text() + "\n"
	}
	if err := cmd.Wait(); err != nil || len(wants) > 0 || !strings.HasSuffix(ending, "\nNext: autoscalebot init\n") {
		t.Errorf("%v; it did not say %q; it ended with\n%s", err, wants, ending)
	}
}
