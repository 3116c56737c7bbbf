package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

var cloudFoundry = []string{
	"PLATFORM=cloudfoundry", "CF_API_URL=https://api.cf.io", "CF_APP_NAME=0b1c2d3e-cafe-4abc-8def-0123456789ab", "CF_CLIENT_ID=c", "CF_CLIENT_SECRET=" + secret,
}

func autoscale(t *testing.T, text string) string {
	t.Helper()
	root, err := document.Parse([]byte(text))
	must(t, err)
	p, err := cfautoscaler.Read(root, cfautoscaler.Guess(root), time.Now())
	must(t, err)
	return string(p.Autoscale())
}

func TestAManifestRunsOnCloudFoundry(t *testing.T) {
	const threshold = ", threshold: {min: 80, max: 200}}"
	for _, c := range []struct {
		name, rules string
		env         []string
		want        []string // each rule, with the kinds of its signals
	}{
		{"cpu", "- {rule_type: cpu" + threshold, nil, []string{"cpu max=200 min=80 mean=120s wait=0s [log cache]"}},
		{"memory", "- {rule_type: Memory, threshold: {min: 20, max: 80}}", nil, []string{"memory max=80 min=20 mean=120s wait=0s [log cache]"}},
		{"throughput", "- {rule_type: http_throughput" + threshold, nil, []string{"requests_per_second per=dyno max=200 min=80 mean=120s wait=0s [log cache]"}},
		{"latency", "- {rule_type: http_latency" + threshold, nil, []string{"latency max=200 min=80 mean=120s wait=0s [log cache]"}},
		{
			"both latencies", "- {rule_type: http_latency, rule_sub_type: avg_99th" + threshold + "\n- {rule_type: http_latency, rule_sub_type: avg_95th" + threshold, nil,
			[]string{"latency max=200 min=80 mean=120s wait=0s [log cache]", "latency_95 max=200 min=80 mean=120s wait=0s [log cache]"},
		},
		{
			"queue", "- {rule_type: rabbitmq, queue_name: 'mails,50%'" + threshold,
			[]string{"RABBITMQ_URL=https://u:p@h/v"},
			[]string{"mails_50 max=200 min=80 mean=120s [rabbitmq mails\\,50\\%]"},
		},
		{"queue by its subtype", "- {rule_type: rabbitmq, rule_sub_type: mails" + threshold, []string{"RABBITMQ_URL=https://u:p@h/v"}, []string{"mails max=200 min=80 mean=120s [rabbitmq mails]"}},
		{"metric", "- {rule_type: custom, metric: Jobs.Waiting" + threshold, nil, []string{"jobs.waiting max=200 min=80 mean=120s [logcache Jobs.Waiting]"}},
		{
			"pushed metric", "- {rule_type: custom, metric: Jobs.Waiting" + threshold,
			[]string{"PUSH_TOKEN=" + secret, "DASHBOARD_ADDR=127.0.0.1:0"},
			[]string{"jobs.waiting max=200 min=80 mean=120s [push Jobs.Waiting]"},
		},
		{
			"compare", "- {rule_type: compare, metric: jobs, comparison_metric: workers" + threshold, nil,
			[]string{"jobs by=workers max=200 min=80 mean=120s [logcache jobs] [logcache workers]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			manifest := "instance_limits: {min: 1, max: 5}\nrules:\n" + c.rules + "\n"
			for how, text := range map[string]string{"manifest": manifest, "converted": autoscale(t, manifest)} {
				inFile(t, text, append(cloudFoundry, c.env...)...)
				s := loaded(t)
				var got []string
				for i, r := range s.Rules {
					rule := settings.RuleText(r)
					for _, name := range []string{r.Signal, r.By} {
						sig, named := s.Signals.Find(name)
						switch {
						case named:
							rule += " [" + sig.Kind + " " + sig.What + "]"
						case s.FromLogCache(name):
							rule += " [log cache]"
						}
					}
					if whole := strings.Contains(rule, "log"); s.Rules[i].Whole != whole {
						t.Errorf("%s: the readings of %s are of a whole window: %v, want %v", how, rule, !whole, whole)
					}
					got = append(got, rule)
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("%s: the rules are\n%s\nwant\n%s", how, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
				if s.HasHeartbeat() || time.Duration(s.HeartbeatInterval) != 35*time.Second || len(s.Notes()) > 0 {
					t.Errorf("%s: heartbeat %v, every %v, notes %q", how, s.HasHeartbeat(), time.Duration(s.HeartbeatInterval), s.Notes())
				}
			}
		})
	}
}

func TestWhatAManifestNeedsIsNamed(t *testing.T) {
	const threshold = ", threshold: {min: 80, max: 200}}\n"
	for _, c := range []struct {
		name, rule string
		env        []string
		want       string // the setting, or what is wrong, in the error
	}{
		{"a broker", "{rule_type: rabbitmq, queue_name: mails" + threshold, cloudFoundry, "RABBITMQ_URL"},
		{"a queue", "{rule_type: rabbitmq" + threshold, cloudFoundry, "autoscale.yaml:3: queue_name"},
		{"a metric", "{rule_type: custom" + threshold, cloudFoundry, "autoscale.yaml:3: metric"},
		{"a comparison", "{rule_type: compare, metric: jobs" + threshold, cloudFoundry, "autoscale.yaml:3: comparison_metric"},
		{"a subtype that is known", "{rule_type: http_latency, rule_sub_type: p50" + threshold, cloudFoundry, `autoscale.yaml:3: rule_sub_type is "p50"`},
		{"elsewhere, a metric", "{rule_type: custom, metric: jobs" + threshold, []string{"HEROKU_APP_NAME=a", "HEROKU_API_KEY=b"}, "PUSH_TOKEN"},
		{"elsewhere, a drain", "{rule_type: http_throughput" + threshold, []string{"HEROKU_APP_NAME=a", "HEROKU_API_KEY=b"}, "requests_per_second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFile(t, "instance_limits: {min: 1, max: 5}\nrules:\n- "+c.rule, c.env...)
			refused(t, c.want)
		})
	}
}

func TestAManifestElsewhere(t *testing.T) {
	inFile(t, "instance_limits: {min: 1, max: 5}\nrules:\n- {rule_type: http_latency, threshold: {min: 80, max: 200}}\n- {rule_type: cpu, threshold: {min: 30, max: 80}}\n",
		"HEROKU_APP_NAME=a", "HEROKU_API_KEY=b", "LOGDRAIN_PASSWORD="+secret, "DASHBOARD_ADDR=127.0.0.1:0")
	s := loaded(t)
	if s.Rules[0].Signal != "service_p50" || s.Rules[0].Whole {
		t.Errorf("the latency is %+v", s.Rules[0])
	}
	if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, "service_p50") || !strings.Contains(notes, "cpu") {
		t.Errorf("the notes are %q", notes)
	}
}

// For a policy, the metrics of App Autoscaler are read from Log Cache, and others too unless they have another source.
func TestMetricsOfAPolicyOnCloudFoundry(t *testing.T) {
	for _, c := range []struct {
		metric string
		env    []string
		want   string
	}{
		{"cpu", nil, "cpu"},
		{"cpuutil", nil, "cpuutil"},
		{"memoryused", nil, "memoryused"},
		{"memoryutil", nil, "memory"},
		{"disk", nil, "disk"},
		{"diskutil", nil, "diskutil"},
		{"throughput", nil, "throughput"},
		{"responsetime", nil, "responsetime"},
		{"Jobs", nil, "Jobs of logcache"},
		{"Jobs", []string{"PUSH_TOKEN=" + secret, "DASHBOARD_ADDR=127.0.0.1:0"}, "Jobs of push"},
		{"disk", []string{"SIGNALS=disk=json+https://h/x#y"}, "disk of json"},
		{"disk", []string{"HEARTBEAT_URL=/page"}, "disk with a heartbeat"},
	} {
		inFile(t, `{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [{"metric_type": "`+c.metric+`", "threshold": 80, "operator": ">", "adjustment": "+1"}]}`,
			append(cloudFoundry, c.env...)...)
		s := loaded(t)
		got := s.ScalingRules[0].Signal
		if sig, ok := s.Signals.Find(got); ok {
			got += " of " + sig.Kind
		}
		if s.HasHeartbeat() {
			got += " with a heartbeat"
		}
		if got != c.want || s.ScalingRules[0].PerDyno {
			t.Errorf("%s is read from %s, want %s", c.metric, got, c.want)
		}
	}
}

// If the rules for a signal have the same window, Log Cache is asked for that window.
func TestWindowsOfLogCache(t *testing.T) {
	for _, c := range []struct {
		rules  string
		window time.Duration
		whole  bool
	}{
		{"cpu max=80", 2 * time.Minute, true},
		{"cpu max=80 mean=300s", 5 * time.Minute, true},
		{"cpu max=80 mean=5s", 2 * time.Minute, false},
		{"cpu max=80 mean=1h", 2 * time.Minute, false},
		{"cpu max=80 p95=300s", 2 * time.Minute, false},
		{"cpu max=80 fails=1", 2 * time.Minute, false},
		{"cpu max=80 mean=60s; cpu max=90 per=dyno mean=300s", 2 * time.Minute, false},
		{"jobs by=cpu max=80 mean=300s", 2 * time.Minute, false},
		{"requests_per_second by=cpu max=80 mean=300s", 5 * time.Minute, true},
	} {
		env(t, append(cloudFoundry, "HEROKU_APP_NAME=", "HEROKU_API_KEY=", "SIGNALS=jobs=json+https://h/x#y", "RULES="+c.rules)...)
		s := loaded(t)
		if got := s.LogCacheWindow("cpu"); got != c.window || s.Rules[0].Whole != c.whole {
			t.Errorf("%s: reads %v, whole: %v; want %v, %v", c.rules, got, s.Rules[0].Whole, c.window, c.whole)
		}
	}
}
