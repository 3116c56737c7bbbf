package cfautoscaler_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

// Policies that App Autoscaler's validator refuses and that are accepted here on purpose, by the names in its tests.
// docs/coming-from.md lists them as well.
var judgedOtherwise = []string{
	"threshold for cpuutil is greater than 0", // of 999: it is more than an entitlement, and noted
	"start_date is before current_date",       // a policy that is in force for a while is read as it stands
	"start_date_time is before current_date_time",
}

// AUTOSCALER_POLICIES names a file with a policy and App Autoscaler's verdict in each line. The verdict here is the same.
func TestVerdictsAreThoseOfAppAutoscaler(t *testing.T) {
	path := os.Getenv("AUTOSCALER_POLICIES")
	if path == "" {
		t.Skip("set AUTOSCALER_POLICIES to a file with a JSON object in each line: name, policy, valid")
	}
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	otherwise, n := 0, 0
	for ; lines.Scan(); n++ {
		var c struct {
			Name, Policy string
			Valid        bool
		}
		must(t, json.Unmarshal(lines.Bytes(), &c))
		var p *cfautoscaler.Plan
		root, err := document.Parse([]byte(c.Policy))
		if err == nil {
			p, err = cfautoscaler.Read(root, cfautoscaler.Policy, now)
		}
		if err == nil {
			table(t, p)
		}
		ours := err == nil
		for _, name := range judgedOtherwise {
			if strings.Contains(c.Name, name) {
				otherwise++
				ours = !ours
			}
		}
		if ours != c.Valid {
			t.Errorf("%s: valid %t there; here %v", c.Name, c.Valid, err)
		}
	}
	if n < 80 || otherwise != len(judgedOtherwise) {
		t.Errorf("%d policies, of which %d are judged otherwise", n, otherwise)
	}
}

func TestThresholdsAreAcceptedRefusedOrNoted(t *testing.T) {
	const ok, never, always = "", "never fires", "always fires"
	for _, c := range []struct{ metric, operator, threshold, want string }{
		{"memoryused", ">", "0", always},
		{"memoryused", "<", "0", never},
		{"memoryused", "<=", "0", never},
		{"memoryused", ">", "3000", ok},
		{"memoryused", ">", "-1", "error: threshold is -1: must be at least 0 for memoryused"},
		{"responsetime", "<", "0", never},
		{"responsetime", ">=", "0", always},
		{"responsetime", ">", "1", ok},
		{"responsetime", "<=", "0", ok}, // an app without requests
		{"throughput", "<=", "0", ok},   // an idle app
		{"throughput", ">", "0", ok},
		{"throughput", "<", "0", never},
		{"throughput", ">=", "0", always},
		{"throughput", "<", "-5", "error: threshold is -5"},
		{"memoryutil", ">", "0", "error: threshold is 0: must be above 0 for memoryutil"},
		{"memoryutil", ">", "100", never},
		{"memoryutil", ">=", "100", ok},
		{"memoryutil", "<=", "100", always},
		{"memoryutil", ">", "101", "error: threshold is 101: must be at most 100 for memoryutil, a percentage"},
		{"cpu", ">=", "100", ok},
		{"cpu", ">", "100", ok}, // of one core, and there may be several
		{"cpu", ">", "101", "error: threshold is 101"},
		{"cpuutil", ">", "99", ok},
		{"cpuutil", ">=", "100", ok},
		{"cpuutil", ">", "100", "never fires while instances stay within their CPU entitlement"},
		{"cpuutil", ">", "101", "never fires while instances stay within their CPU entitlement"},
		{"cpuutil", "<", "101", ok},
		{"cpuutil", ">", "0", "error: threshold is 0"},
		{"diskutil", ">", "100", never},
		{"diskutil", ">=", "101", "error: threshold is 101"},
		{"disk", ">", "2048", ok},
		{"disk", ">", "2049", "error: threshold is 2049: must be at most 2048 for disk"},
		{"queue", "<", "0", ok}, // a metric of the app's own may be anything
		{"queue", ">=", "-10", ok},
		{"queue", ">", "0.5", "error: threshold is 0.5: must be a whole number"},
		{"queue", ">", "50.0", ok},
	} {
		p, err := parse(fmt.Sprintf(`{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [
{"metric_type": %q, "operator": %q, "threshold": %s, "adjustment": "+1"}]}`, c.metric, c.operator, c.threshold))
		got := ""
		if err != nil {
			got = "error: " + strings.TrimPrefix(err.Error(), "line 2: ")
		} else {
			got = strings.Join(p.Notes, "\n")
		}
		if c.want == ok && got != "" || !strings.Contains(got, c.want) || err == nil && c.want != ok && !strings.HasPrefix(got, "line 2: ") {
			t.Errorf("%s %s %s: %q, want %q", c.metric, c.operator, c.threshold, got, c.want)
		}
	}
}

func TestNumbersOfAManifest(t *testing.T) {
	const rule = "instance_limits: {min: 1, max: 4}\nrules:\n- {rule_type: %s, metric: m, queue_name: q, threshold: {min: %s, max: %s}}\n"
	for _, c := range []struct{ kind, low, high, want string }{
		{"cpu", "20", "80", ""},
		{"cpu", "20", "150", ""}, // of one core
		{"cpu", "0", "80", "prevents all scale-downs"},
		{"http_latency", "-1", "80", "prevents all scale-downs"},
		{"rabbitmq", "0", "80", "prevents all scale-downs"},
		{"custom", "0", "80", ""}, // which may be below
		{"memory", "20", "100", "never leads to a scale-up"},
		{"memory", "20", "99.5", ""},
		{"cpu", "'20'", "80", "error: min is \"20\": must be a number without quotes"},
		{"cpu", "020", "80", "error: min is \"020\": must not begin with 0"},
		{"cpu", "20", "0_100", "error: max is \"0_100\": must not begin with 0"},
		{"cpu", "0.5", "80", ""},
	} {
		p, err := parse(fmt.Sprintf(rule, c.kind, c.low, c.high))
		got := ""
		if err != nil {
			got = "error: " + strings.TrimPrefix(err.Error(), "line 3: ")
		} else {
			got = strings.ReplaceAll(strings.Join(p.Notes, "\n"), "line 3: metric has no effect on a rule of the type "+c.kind, "")
			got = strings.TrimSpace(strings.ReplaceAll(got, "line 3: queue_name has no effect on a rule of the type "+c.kind, ""))
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s from %s to %s: %q, want %q", c.kind, c.low, c.high, got, c.want)
		}
	}
	for _, text := range []string{"{min: 01, max: 4}", "{min: 1, max: 010}", "{min: 1, max: \"4\"}"} {
		if p, err := parse("instance_limits: " + text); err == nil {
			t.Errorf("%s is taken as %+v", text, p.Limits)
		}
	}
}

func TestKeysWithoutEffectAreNotedOnce(t *testing.T) {
	p := read(t, `{"instance_min_count": 1, "instance_max_count": 4, "schema-version": "0.9",
"credential-type": "x509",
"configuration": {"custom_metrics": {"metric_submission_strategy": {"allow_from": "same_app"}}},
"scaling_rules": [
 {"metric_type": "cpu", "stats_window_secs": 60, "stat_window_secs": 60, "operator": ">", "threshold": 50, "adjustment": "+1"},
 {"metric_type": "cpu", "stats_window_secs": 60, "breach_duration_sec": 60, "operator": "<", "threshold": 20, "adjustment": "-1"}],
"schedules": {"timezone": "UTC", "color": "red", "recurring_schedule": [
 {"days_of_week": [1], "start_time": "09:00", "end_time": "10:00", "instance_min_count": 1, "instance_max_count": 1, "name": "x"}]}}`)
	notes := strings.Join(p.Notes, "\n")
	for _, want := range []string{
		`line 1: "schema-version"`, `line 2: "credential-type"`, `line 3: "configuration"`, `line 5: "stats_window_secs"`, `line 5: "stat_window_secs"`,
		`line 6: "breach_duration_sec"`, "Did you mean breach_duration_secs?", `line 7: "color"`, `line 8: "name"`,
	} {
		if strings.Count(notes, want) != 1 {
			t.Errorf("%q is noted %d times in\n%s", want, strings.Count(notes, want), notes)
		}
	}
	if len(p.Notes) != 8 {
		t.Errorf("%d notes:\n%s", len(p.Notes), notes)
	}
	for _, from := range []string{`{}`, `{"allow_from": "anyone"}`} {
		_, err := parse(`{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [],
"configuration": {"custom_metrics": {"metric_submission_strategy": ` + from + `}}}`)
		if err == nil || !strings.Contains(err.Error(), "line 2: allow_from is ") {
			t.Errorf("%s: %v", from, err)
		}
	}
}

// If minimum and maximum are equal, both stay as they are: a higher maximum would raise somebody's limit.
func TestAMinimumThatIsTheMaximumStays(t *testing.T) {
	p := read(t, `{"instance_min_count": 3, "instance_max_count": 3, "schedules": {"timezone": "UTC", "recurring_schedule": [
{"days_of_week": [1], "start_time": "09:00", "end_time": "10:00", "instance_min_count": 5, "instance_max_count": 5}], "specific_date": [
{"start_date_time": "2026-12-24T09:00", "end_date_time": "2026-12-24T17:00", "instance_min_count": 2, "instance_max_count": 2}]}}`)
	if low, high := p.Tables(); low != high {
		t.Errorf("%s / %s", low, high)
	}
	table(t, p)
	again := read(t, string(p.Policy()))
	if got, want := fmt.Sprint(again.Tables()), fmt.Sprint(p.Tables()); got != want || len(p.Notes) > 0 {
		t.Errorf("written, it is\n%s, not\n%s\n%v", got, want, p.Notes)
	}
}

func TestLongValuesAreCutInMistakes(t *testing.T) {
	long := strings.Repeat("x", 5000)
	_, err := parse(fmt.Sprintf(`{"instance_min_count": 1, "instance_max_count": %q, %q: 1, "scaling_rules": [
{"metric_type": %q, "operator": %q, "threshold": %q, "adjustment": %q}], "schedules": {"timezone": %q, "specific_date": [{"start_date_time": %q}]}}`, long, long, long, long, long, long, long, long))
	if err == nil || len(err.Error()) > 2500 {
		t.Errorf("error of %d bytes: %v", len(fmt.Sprint(err)), err)
	}
}
