//go:build unix

package cli

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// From the example in the documentation of Pivotal's App Autoscaler.
const example = "instance_limits: {min: 1, max: 5}\nrules:\n- rule_type: http_latency\n  rule_sub_type: avg_99th\n  threshold: {min: 80, max: 200}\n"

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The router's metrics for the last minute. The bot reads two minutes, as they may arrive late.
func slowness(srv *cloudfoundrytest.Server, n int, took time.Duration) {
	now := time.Now()
	all := make([]cloudfoundrytest.Envelope, n)
	for i := range all {
		all[i] = cloudfoundrytest.Envelope{
			Time: now.Add(-time.Duration(i) * time.Minute / time.Duration(n)), Timer: &cloudfoundrytest.Timer{Took: took, Peer: "Client", Status: 200},
		}
	}
	srv.Emit("shop", all...)
}

// Two minutes of 220 ms add an instance, of 70 ms remove one, and what is between does neither: by a manifest alone, and by the file that
// convert makes of it, for an app that has no page for heartbeats.
func TestAManifestOnCloudFoundry(t *testing.T) {
	manifest := written(t, "manifest.yml", strings.Replace(example, "max: 5", "max: 3", 1))
	converted := runOnce(t, nil, "convert", "--to", "autoscale", manifest)
	if converted.code != exitFine || converted.stderr != "" {
		t.Fatalf("convert: code %d, %s", converted.code, converted.stderr)
	}
	for how, path := range map[string]string{"manifest": manifest, "converted": written(t, "autoscale.yaml", converted.stdout)} {
		t.Run(how, func(t *testing.T) {
			srv, env := pushedWith(t, path)
			slowness(srv, 20, 220*time.Millisecond)
			b := start(t, []string{cloudfoundrytest.Password}, append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "LOG_LEVEL=debug")...)
			b.wait("a third instance", func() bool { return srv.Instances("shop", "web") == 3 })
			slowness(srv, 40, 100*time.Millisecond) // 140 ms in the mean
			b.wait("neither", func() bool {
				return strings.Contains(b.log.String(), "held at 3: latency is 140 ms, the mean over 120 s, between 80 and 200")
			})
			slowness(srv, 200, 60*time.Millisecond) // 78 ms
			b.wait("fewer instances", func() bool { return srv.Instances("shop", "web") < 3 })
			b.terminate()
			for line := range strings.Lines(b.log.String()) {
				late := strings.Contains(line, "latency has no data: timeout") // on a busy machine
				if strings.Contains(line, "no data: ") && !late || strings.Contains(line, "heartbeat is") {
					t.Errorf("the log tells of a heartbeat that there is not: %s", line)
				}
			}
		})
	}
}

// The app shop has two instances. The bot reads the document at path.
func pushedWith(t *testing.T, path string) (srv *cloudfoundrytest.Server, env []string) {
	t.Helper()
	srv = cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{Name: "shop", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: 2}}})
	return srv, []string{
		"AUTOSCALE_FILE=" + path, "PLATFORM=cloudfoundry", "CF_API_URL=" + srv.URL, "CF_APP_NAME=" + srv.AppGUID("shop"),
		"CF_USERNAME=" + cloudfoundrytest.Username, "CF_PASSWORD=" + cloudfoundrytest.Password, "HISTORY=none",
	}
}

// The example's sequence in virtual time, at the pace of App Autoscaler: a decision every 35 s by the mean of the last 120 s.
func TestTheSequenceOfAManifest(t *testing.T) {
	for _, pair := range []string{
		"AUTOSCALE_FILE=" + written(t, "manifest.yml", example), "PLATFORM=cloudfoundry", "CF_API_URL=https://api.example.com",
		"CF_APP_NAME=0b1c2d3e-cafe-4abc-8def-0123456789ab", "CF_CLIENT_ID=c", "CF_CLIENT_SECRET=s3cr3t", "HISTORY=none",
	} {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	s, err := settingstest.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := service.Options(s, service.Parts{}, nil, service.Host{})
	if o.Interval != 35*time.Second {
		t.Fatalf("it decides every %v", o.Interval)
	}
	// mean is that of the 120 seconds up to a time, of a latency that changes now and then.
	phases := []struct{ from, ms float64 }{{math.Inf(-1), 100}, {35, 220}, {300, 70}, {600, 140}}
	mean := func(at float64) (sum float64) {
		for i, p := range phases {
			end := at
			if i+1 < len(phases) {
				end = min(at, phases[i+1].from)
			}
			sum += p.ms * max(0, end-max(p.from, at-120)) / 120
		}
		return sum
	}
	begin, n, state := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), 2, decide.State{}
	for tick := range 30 {
		at := float64(35 * tick)
		now, value := begin.Add(time.Duration(at)*time.Second), mean(at)
		want := n
		switch {
		case value > 200:
			want = min(n+1, 5)
		case value < 80:
			want = max(n-1, 1)
		}
		next, d := o.Policy.Decide(state, decide.Facts{
			Now: now, Readings: []probe.Reading{{Signal: "latency", Value: value, Unit: "ms", Outcome: probe.Answered}},
			Limits: schedule.Limits{Min: 1, Max: 5}, Dynos: n, Settled: true,
		})
		if d.To != want {
			t.Errorf("%g s, %g ms: %d → %d, want %d: %s", at, value, n, d.To, want, record.Record{Dynos: n, Decision: d}.Why())
		}
		state = next
		if d.To != n {
			state = applied(state, now, d)
		}
		n = d.To
	}
	if n != 1 {
		t.Errorf("it ends with %d instances", n)
	}
}

// The platform makes the change at once.
func applied(state decide.State, now time.Time, d decide.Decision) decide.State {
	state.Dynos = d.To
	if d.To > d.From {
		state.LastUp = now
	} else {
		state.LastDown = now
	}
	return state
}

// The mean of 230 ms decides, not the median of 50 ms.
func TestTheLatencyOfAManifestIsAMean(t *testing.T) {
	srv, env := pushedWith(t, written(t, "manifest.yml", example))
	slowness(srv, 60, 50*time.Millisecond)
	slowness(srv, 40, 500*time.Millisecond)
	o := runOnce(t, env, "check")
	if out := oneSpaced(o.stdout); o.code != exitFine || !strings.Contains(out, "latency ok 230 ms") {
		t.Errorf("code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// Every type of rule works from the manifest alone.
func TestAllRulesOfAManifestAreRead(t *testing.T) {
	rules := "instance_limits: {min: 1, max: 3}\nrules:\n"
	for _, rule := range []string{
		"rule_type: cpu", "rule_type: memory", "rule_type: http_throughput", "rule_type: http_latency", "rule_type: http_latency, rule_sub_type: avg_95th",
		"rule_type: custom, metric: Jobs", "rule_type: compare, metric: jobs_waiting, comparison_metric: workers",
	} {
		rules += "- {" + rule + ", threshold: {min: 0.5, max: 99}}\n"
	}
	srv, env := pushedWith(t, written(t, "manifest.yml", rules))
	now := time.Now()
	srv.EmitUsage("shop", now, time.Minute, []float64{20, 40}, []float64{50, 70})
	slowness(srv, 60, 50*time.Millisecond)
	for name, value := range map[string]float64{"Jobs": 7, "jobs_waiting": 12, "workers": 3} {
		srv.Emit("shop", cloudfoundrytest.Envelope{Time: now, Gauge: map[string]float64{name: value}})
	}
	o := runOnce(t, env, "check")
	out := oneSpaced(o.stdout)
	for _, want := range []string{
		"cpu ok 30 %", "memory ok 60 %", "requests_per_second ok 0.5 requests/s", "latency ok 50 ms", "latency_95 ok 50 ms", "jobs ok 7", "jobs_waiting ok 12", "workers ok 3",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q", want)
		}
	}
	if o.code != exitFine {
		t.Errorf("code %d", o.code)
	}
	if t.Failed() {
		t.Log(o.stdout, o.stderr)
	}
}

// A policy alone runs on Cloud Foundry. The log, why, the page and the metrics show what its rules make of the metrics.
func TestAPolicyOnCloudFoundry(t *testing.T) {
	path := written(t, "policy.json", `{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [
		{"metric_type": "responsetime", "threshold": 200, "operator": ">", "adjustment": "+1", "breach_duration_secs": 60},
		{"metric_type": "diskutil", "threshold": 5, "operator": "<=", "adjustment": "-1", "breach_duration_secs": 60},
		{"metric_type": "orders", "threshold": 3, "operator": ">=", "adjustment": "+1", "breach_duration_secs": 60}]}`)
	srv, env := pushedWith(t, path)
	now := time.Now()
	srv.EmitUsage("shop", now.Add(2*time.Minute), 3*time.Minute, []float64{20, 40}, []float64{50, 70})
	slowness(srv, 20, 220*time.Millisecond)
	srv.Emit("shop", cloudfoundrytest.Envelope{Time: now, Gauge: map[string]float64{"orders": 2}, Unit: "orders"})
	o := runOnce(t, env, "check")
	for _, want := range []string{"responsetime ok 220 ms", "diskutil ok 12.5 %", "orders ok 2"} {
		if !strings.Contains(oneSpaced(o.stdout), want) {
			t.Errorf("check does not say %q", want)
		}
	}
	if o.code != exitFine || strings.Contains(o.stdout, "heartbeat  ") {
		t.Errorf("code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	env = append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=0.5", "ADMIN_SOCKET="+filepath.Join(t.TempDir(), "s"), "NOTIFICATION_BACKENDS=console")
	b := start(t, []string{cloudfoundrytest.Password}, env...)
	b.wait("some decisions", func() bool {
		return strings.Count(runOnce(t, env, "why", "-n", "3").stdout, "held at 2") >= 3
	})
	told := runOnce(t, env, "status").stdout + runOnce(t, env, "why", "-n", "3").stdout
	b.terminate()
	told += b.out.String() + b.log.String()
	for _, want := range []string{"responsetime is 220 ms, > 200 for ", " of 60 s; diskutil is 12.5 %, not below 5; orders is 2 orders, not above 3"} {
		if !strings.Contains(told, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, false := range []string{"no data: ", "no reading", "unreachable"} {
		if strings.Contains(told, false) {
			t.Errorf("it says %q", false)
		}
	}
	if t.Failed() {
		t.Log(told)
	}
}
