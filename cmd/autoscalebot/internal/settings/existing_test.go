package settings_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

const policy = `{"instance_min_count": 1, "instance_max_count": 4,
 "scaling_rules": [
  {"metric_type": "responsetime", "threshold": 500, "operator": ">", "adjustment": "+2"},
  {"metric_type": "jobs", "threshold": 10, "operator": "<=", "adjustment": "-50%", "breach_duration_secs": 60, "cool_down_secs": 90}],
 "schedules": {"timezone": "Europe/Berlin",
  "recurring_schedule": [{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1,2,3,4,5], "instance_min_count": 2, "instance_max_count": 10}]}}`

var policyRules = []decide.BreachRule{
	{Metric: "responsetime", Signal: "heartbeat", Operator: ">", Threshold: 500, Step: decide.Step{Dynos: 2}, Breach: 2 * time.Minute, Cooldown: 5 * time.Minute},
	{Metric: "jobs", Signal: "jobs", Operator: "<=", Threshold: 10, Step: decide.Step{Percent: 50}, Down: true, Breach: time.Minute, Cooldown: 90 * time.Second},
}

func TestAPolicyIsReadAsItIs(t *testing.T) {
	inFile(t, policy, "SIGNALS=jobs=json+https://h/x#y", "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+secret)
	s := loaded(t)
	monday := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	if got := fmt.Sprint(s.Table.At(monday), s.Table.At(monday.Add(8*time.Hour)), s.TimeZone); got != "{2 10} {1 4} Europe/Berlin" {
		t.Errorf("the limits are %s", got)
	}
	if fmt.Sprint(s.ScalingRules) != fmt.Sprint(policyRules) {
		t.Errorf("the rules are %+v", s.ScalingRules)
	}
	for _, in := range s.AllInForce() {
		if in.Name == "MAX_DYNOS" && in.From != "autoscale.yaml:1" || in.Name == "TIME_ZONE" && in.From != "autoscale.yaml:5" {
			t.Errorf("%s comes from %q", in.Name, in.From)
		}
	}

	// The environment overrides it.
	t.Setenv("MAX_DYNOS", "20")
	if got := loaded(t).Table.At(monday); got != (schedule.Limits{Min: 2, Max: 20}) {
		t.Errorf("the limits are %+v", got)
	}
}

func TestMistakesOfAnExistingDocumentHaveTheirLine(t *testing.T) {
	inFile(t, strings.Replace(policy, "+2", "2", 1))
	_, err := settings.LoadAll()
	if want := `autoscale.yaml:3: adjustment is "2": must be a sign and a number of instances, such as +1, or a percentage, such as -50%`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestAManifestIsReadAsItIs(t *testing.T) {
	inFile(t, "instance_limits: {min: 2, max: 5}\nscheduled_limit_changes:\n- {recurrence: 0, executes_at: '2020-01-01T00:00:00Z', instance_limits: {min: 3, max: 6}}\n",
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+secret)
	s, err := settingstest.Load()
	if err != nil || s.Table.At(time.Now()) != (schedule.Limits{Min: 3, Max: 6}) || s.Notes() != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestScalingRulesInASettingsFile(t *testing.T) {
	const rules = "scaling_rules:\n  - {metric_type: responsetime, operator: '>', threshold: 500, adjustment: +2}\n" +
		"  - {metric_type: jobs, operator: <=, threshold: 10, adjustment: -50%, breach_duration_secs: 60, cool_down_secs: 90}\n"
	inFile(t, app+rules+"processes:\n  web: {}\n  worker:\n    scaling_rules: [{metric_type: jobs, operator: '>', threshold: 5, adjustment: +1}]\n", "SIGNALS=jobs=json+https://h/x#y")
	all, err := settings.LoadAll()
	must(t, err)
	if fmt.Sprint(all[0].ScalingRules) != fmt.Sprint(policyRules) || len(all[1].ScalingRules) != 1 || all[1].ScalingRules[0].Metric != "jobs" {
		t.Errorf("the rules are %+v and %+v", all[0].ScalingRules, all[1].ScalingRules)
	}
	inFile(t, app+"scaling_rules:\n  - {metric_type: jobs, operator: '=', threshold: x, adjustment: '#1', window: 3}\n")
	_, err = settings.LoadAll()
	for _, want := range []string{"4 settings are wrong", "autoscale.yaml:4: a scaling rule has no window", `operator is "="`, `threshold is "x": must be a number`, `adjustment is "#1"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestMetricsOfScalingRulesAreFound(t *testing.T) {
	const pushed, drained = "PUSH_TOKEN=" + secret, "LOGDRAIN_PASSWORD=" + secret
	for _, c := range []struct{ metric, env, want string }{
		{"cpu", "", "cpu false"},
		{"responsetime", "", "heartbeat false"},
		{"responsetime", drained, "service_p50 false"},
		{"throughput", drained, "requests_per_second true"},
		{"memoryutil", drained, "memory_mean false"},
		{"memoryutil", "", "memory false"},
		{"Orders", pushed, "Orders false"},
		{"JobQueue", "SIGNALS=jobqueue=redis://h/0#q", "jobqueue false"},
		{"JobQueue", "SIGNALS=other=redis://h/0#q", "or set PUSH_TOKEN and let the app push it. Its name in SIGNALS is jobqueue"},
		{"throughput", "", "scaling_rules: unknown metric throughput. Add it to SIGNALS, or set PUSH_TOKEN and let the app push it"},
		{"disk", "", "scaling_rules: unknown metric disk. Add it to SIGNALS, or set PUSH_TOKEN and let the app push it"},
	} {
		inFile(t, app+"scaling_rules: [{metric_type: "+c.metric+", operator: '>', threshold: 80, adjustment: +1}]\n", "DASHBOARD_ADDR=127.0.0.1:0", cmp.Or(c.env, "LOG_LEVEL=info"))
		s, err := settingstest.Load()
		switch {
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %s", c.metric, err, c.want)
		case err == nil && fmt.Sprint(s.ScalingRules[0].Signal, " ", s.ScalingRules[0].PerDyno) != c.want:
			t.Errorf("%s is read from %s, per dyno %v; want %s", c.metric, s.ScalingRules[0].Signal, s.ScalingRules[0].PerDyno, c.want)
		}
	}
}

// A mistake in SIGNALS is reported alone.
func TestMetricsOfTheBotsMachineAreReported(t *testing.T) {
	const command = "platform: command\ncount_command: echo 1\nscale_command: 'true'\nscaling_rules: [{metric_type: %s, operator: '>', threshold: 80, adjustment: +1}]\n"
	for metric, want := range map[string]string{"memoryutil": "memory is measured on the bot's machine", "cpu": "cpu is measured on the bot's machine"} {
		inFile(t, fmt.Sprintf(command, metric))
		if s, err := settingstest.Load(); err != nil || strings.Count(strings.Join(s.Notes(), "\n"), want) != 1 {
			t.Errorf("%s: %v, want it noted once", metric, err)
		}
	}
	inFile(t, fmt.Sprintf(command, "jobs"), "SIGNALS=Jobs=redis://h/0#q")
	if _, err := settingstest.Load(); err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "SIGNALS: number 1") {
		t.Errorf("a mistake in SIGNALS: got %v, want it alone", err)
	}
}

func TestRulesAndScalingRulesExcludeEachOther(t *testing.T) {
	inFile(t, app+"rules: [{signal: cpu, max: 80, min: 20}]\nscaling_rules: [{metric_type: cpu, operator: '>', threshold: 80, adjustment: +1}]\n")
	_, err := settingstest.Load()
	if want := "autoscale.yaml:3: RULES: cannot be used together with scaling_rules, which decide alone. Remove one of them"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestReadPlanTakesTheFileAloneAndNotesTheRest(t *testing.T) {
	env(t, "MAX_DYNOS=99")
	root, err := document.Parse([]byte("max_dynos: {0:00: 5, 8:00: 9}\ntime_zone: Europe/Berlin\nlog_level: debug\nprocesses:\n  web: {min_dynos: 2}\n  worker: {}\n"))
	must(t, err)
	p, err := settings.ReadPlan(root, "a.yaml", time.Now())
	must(t, err)
	low, high := p.Tables()
	if got := low + " " + high + " " + strings.Join(p.Notes, "\n"); got != "2 0:00=5, 8:00=9 a.yaml:6: the process type worker is left out: the document describes one process type. Convert the others one at a time\n"+
		"a.yaml:3: log_level is left out: the document has nothing like it" {
		t.Errorf("the plan is %s", got)
	}
	root, _ = document.Parse([]byte("max_dynos: many\nmin_dyno: 1\n"))
	if _, err := settings.ReadPlan(root, "a.yaml", time.Now()); err == nil || !strings.Contains(err.Error(), "a.yaml:1: MAX_DYNOS:") || !strings.Contains(err.Error(), "a.yaml:2: min_dyno:") {
		t.Errorf("error is %v", err)
	}
}
