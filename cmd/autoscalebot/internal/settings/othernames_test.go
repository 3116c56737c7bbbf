package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestInstancesAreOtherNames(t *testing.T) {
	monday := time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		file, env string
		want      schedule.Limits
	}{
		{"", "MIN_INSTANCES=2 MAX_INSTANCES=7", schedule.Limits{Min: 2, Max: 7}},
		{"", "AUTOSCALE_MIN_INSTANCES=2 AUTOSCALE_MAX_INSTANCES=7", schedule.Limits{Min: 2, Max: 7}},
		{"", "MIN_INSTANCES=2 AUTOSCALE_MIN_INSTANCES=4 MAX_DYNOS=7", schedule.Limits{Min: 4, Max: 7}},
		{"", "MIN_INSTANCES= MIN_DYNOS=2", schedule.Limits{Min: 2, Max: 3}},
		{"", "MIN_INSTANCES=2 AUTOSCALE_MIN_DYNOS=", schedule.Limits{Min: 2, Max: 3}},
		{"", "MAX_INSTANCES=0:00=2,mon-fri_9:00=5,mon-fri_17:00=2", schedule.Limits{Min: 1, Max: 5}},
		{`max_instances: {0:00: 2, mon-fri 9:00: 5}`, "", schedule.Limits{Min: 1, Max: 5}},
		{`max_instances: ['0:00=2', 'mon 9:00=6']`, "", schedule.Limits{Min: 1, Max: 6}},
		{"min_instances: 2\nmax_instances: 4", "MIN_INSTANCES=3", schedule.Limits{Min: 3, Max: 4}},
		{"min_instances: 2\nmax_dynos: 4", "", schedule.Limits{Min: 2, Max: 4}},
		{"min_instances:\nmin_dynos: 2", "", schedule.Limits{Min: 2, Max: 3}},
		{"min_instances: 2\nprocesses:\n  web:\n    min_instances: 3", "", schedule.Limits{Min: 3, Max: 3}},
		{"processes:\n  web:\n    min_instances: 2\n    max_instances: 4", "", schedule.Limits{Min: 2, Max: 4}},
	} {
		pairs := strings.Fields(c.env)
		for i := range pairs {
			pairs[i] = strings.ReplaceAll(pairs[i], "_9", " 9")
			pairs[i] = strings.ReplaceAll(pairs[i], "_17", " 17")
		}
		inFile(t, app+c.file, pairs...)
		if got := loaded(t).Table.At(monday); got != c.want {
			t.Errorf("%s with %s: limits are %+v, want %+v", c.file, c.env, got, c.want)
		}
	}
}

func TestInstancesReplaceTheLimitsOfAnExistingDocument(t *testing.T) {
	inFile(t, policy, "SIGNALS=jobs=json+https://h/x#y", "HEROKU_APP_NAME=x", "HEROKU_API_KEY="+secret, "MAX_INSTANCES=9")
	if got := loaded(t).Table.At(time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)); got != (schedule.Limits{Min: 2, Max: 9}) {
		t.Errorf("the limits are %+v", got)
	}
}

func TestBothNamesAreRefused(t *testing.T) {
	for _, c := range []struct{ file, env, want string }{
		{"", "MIN_DYNOS=2 MIN_INSTANCES=2", "MIN_INSTANCES: is another name of MIN_DYNOS, which is set too; remove one of them"},
		{"", "AUTOSCALE_MAX_DYNOS=2 MAX_INSTANCES=2", "MAX_INSTANCES: is another name of AUTOSCALE_MAX_DYNOS, which is set too; remove one of them"},
		{"min_dynos: 2\nmin_instances: 2", "", "autoscale.yaml:4: min_instances: is another name of min_dynos, which autoscale.yaml:3 sets too; remove one of them"},
		{"max_instances: 2\nmax_dynos: 2", "", "autoscale.yaml:4: max_dynos: is another name of max_instances, which autoscale.yaml:3 sets too; remove one of them"},
		{"min_dynos: 2", "MIN_INSTANCES=2", "autoscale.yaml:3: min_dynos: is another name of MIN_INSTANCES, which the environment sets too; remove one of them"},
		{"min_instances: 2", "AUTOSCALE_MIN_DYNOS=2", "autoscale.yaml:3: min_instances: is another name of AUTOSCALE_MIN_DYNOS, which the environment sets too; remove one of them"},
		{
			"max_dynos: 2\nprocesses:\n  web:\n    max_instances: 2", "",
			"autoscale.yaml:6: max_instances: is another name of max_dynos, which autoscale.yaml:3 sets too; remove one of them",
		},
		{
			"processes:\n  web:\n    max_dynos: 2\n  worker: {}", "MAX_INSTANCES=2",
			"autoscale.yaml:5: max_dynos: is another name of MAX_INSTANCES, which the environment sets too; remove one of them",
		},
	} {
		inFile(t, app+c.file, strings.Fields(c.env)...)
		_, err := settings.LoadAll()
		if want := "a setting is wrong:\n  " + c.want; err == nil || err.Error() != want {
			t.Errorf("%q with %q:\n%v\nwant\n%s", c.file, c.env, err, want)
		}
	}
}

func TestErrorsNameTheNameThatIsSet(t *testing.T) {
	for _, c := range []struct{ file, env, want string }{
		{"", "MIN_INSTANCES=x", `MIN_INSTANCES: "x": `},
		{"", "AUTOSCALE_MAX_INSTANCES=x", `MAX_INSTANCES: "x": `},
		{"", "MIN_INSTANCES=9", "MIN_INSTANCES, MAX_DYNOS: MIN_INSTANCES 9 is above MAX_DYNOS 3"},
		{"min_instances: x", "", `autoscale.yaml:3: MIN_INSTANCES: "x": `},
		{"min_instances: 9\nmax_instances: 4", "", "autoscale.yaml:3: MIN_INSTANCES, MAX_INSTANCES: MIN_INSTANCES 9 is above MAX_INSTANCES 4"},
		{"mx_instances: 3", "", "autoscale.yaml:3: mx_instances: unknown setting; the nearest is max_instances"},
		{"", "AUTOSCALE_MIN_INSTANCE=3", "AUTOSCALE_MIN_INSTANCE: unknown setting; the nearest is AUTOSCALE_MIN_INSTANCES"},
	} {
		inFile(t, app+c.file, strings.Fields(c.env)...)
		refused(t, c.want)
	}
}

func TestNotesNameTheNameThatIsSet(t *testing.T) {
	env(t, "MIN_INSTANCES=0:00=3, mon-fri 8:00=5, 20:00=2", "MAX_DYNOS=9")
	if got := fmt.Sprint(loaded(t).Silenced()); !strings.Contains(got, "MIN_INSTANCES: ") || strings.Contains(got, "DYNOS") {
		t.Errorf("rows that begin on no day are reported as %s", got)
	}
}

func TestTheListInForceNamesTheSource(t *testing.T) {
	inFile(t, app+"max_instances: 7", "AUTOSCALE_MIN_INSTANCES=2")
	for _, in := range loaded(t).AllInForce() {
		if in.Name == "MIN_DYNOS" && (in.Value != "2" || in.From != "AUTOSCALE_MIN_INSTANCES") || in.Name == "MAX_DYNOS" && (in.Value != "7" || in.From != "autoscale.yaml:3") {
			t.Errorf("%s is %s from %s", in.Name, in.Value, in.From)
		}
	}
}

func TestInstancesInArguments(t *testing.T) {
	env(t, "MIN_DYNOS=2")
	s, err := settings.LoadTrial([]string{"MAX_DYNOS=60"}, []string{"MIN_INSTANCES=4", "AUTOSCALE_MAX_INSTANCES=8"})
	must(t, err)
	if got := s.Table.At(time.Now()); got != (schedule.Limits{Min: 4, Max: 8}) {
		t.Errorf("the limits are %+v", got)
	}
	for _, c := range []struct {
		env, want string
		pairs     []string
	}{
		{"MIN_DYNOS=", "MIN_INSTANCES: is another name of MIN_DYNOS, which is set too; remove one of them", []string{"MIN_DYNOS=1", "MIN_INSTANCES=2"}},
		{"MIN_DYNOS=", `MIN_INSTANCES: "x": `, []string{"MIN_INSTANCES=x"}},
		{"MIN_DYNOS=2", "MIN_DYNOS, MAX_INSTANCES: MIN_DYNOS 2 is above MAX_INSTANCES 1", []string{"MAX_INSTANCES=1"}},
	} {
		env(t, c.env)
		if _, err := settings.LoadTrial(nil, c.pairs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.pairs, err, c.want)
		}
	}
	if got := fmt.Sprint(settings.MainNames([]string{"AUTOSCALE_MIN_INSTANCES=a=b", "INCREMENT=2", "MAX_INSTANCES"})); got != "[MIN_DYNOS=a=b INCREMENT=2 MAX_DYNOS]" {
		t.Errorf("by their main names they are %s", got)
	}
}

func TestConversionTakesInstances(t *testing.T) {
	settingstest.Env(t, "MIN_DYNOS=7") // which is not asked
	root, err := document.Parse([]byte("min_instances: 2\nmax_instances: 5\n"))
	must(t, err)
	p, err := settings.ReadPlan(root, "a.yaml", time.Now())
	must(t, err)
	if low, high := p.Tables(); low != "2" || high != "5" {
		t.Errorf("the limits are %s and %s", low, high)
	}
	settingstest.Env(t)
	for text, want := range map[string]string{
		"min_instances: 6\n":               "a.yaml:1: MIN_INSTANCES, MAX_DYNOS: MIN_INSTANCES 6 is above MAX_DYNOS 3",
		"min_instances: x\n":               `a.yaml:1: MIN_INSTANCES: "x": `,
		"min_instances: 1\nmin_dynos: 1\n": "a.yaml:2: min_dynos: is another name of min_instances, which a.yaml:1 sets too",
	} {
		root, err := document.Parse([]byte(text))
		must(t, err)
		if _, err := settings.ReadPlan(root, "a.yaml", time.Now()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
