package settings_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestRules(t *testing.T) {
	none := math.NaN()
	for text, want := range map[string]decide.SignalRule{
		"cpu max=80":                           {Signal: "cpu", Max: 80, Min: none, Window: 2 * time.Minute},
		"cpu max=80 min=30 mean=60s":           {Signal: "cpu", Max: 80, Min: 30, Window: time.Minute},
		"cpu max=80 p95=5m":                    {Signal: "cpu", Max: 80, Min: none, Window: 5 * time.Minute, Percentile: 95},
		"cpu min=1e-3 passes=5":                {Signal: "cpu", Max: none, Min: 0.001, Fails: decide.InARow(5), Passes: decide.InARow(5)},
		"cpu max=80 fails=3/5 passes=9":        {Signal: "cpu", Max: 80, Min: none, Fails: decide.Quorum{N: 3, M: 5}, Passes: decide.InARow(9)},
		"cpu by=memory max=2 up=50% down=2":    {Signal: "cpu", By: "memory", Max: 2, Min: none, Window: 2 * time.Minute, Up: decide.Step{Percent: 50}, Down: decide.Step{Dynos: 2}},
		"cpu max=95 min=40 mean=5m scale=size": {Signal: "cpu", Max: 95, Min: 40, Window: 5 * time.Minute, Size: true},
		"cpu max=95 scale=dynos":               {Signal: "cpu", Max: 95, Min: none, Window: 2 * time.Minute},
		"  cpu   per=dyno MAX=-1 min=-2.5  ":   {Signal: "cpu", PerDyno: true, Max: -1, Min: -2.5, Window: 2 * time.Minute},
	} {
		var rs settings.Rules
		if err := rs.Decode("; " + text + "\n"); err != nil || len(rs) != 1 {
			t.Errorf("Decode(%q) = %v, %v", text, rs, err)
			continue
		}
		if got, want := settings.RuleText(rs[0]), settings.RuleText(want); got != want {
			t.Errorf("Decode(%q) = %s, want %s", text, got, want)
		}
		var again settings.Rules
		if err := again.Decode(settings.RuleText(rs[0])); err != nil || settings.RuleText(again[0]) != settings.RuleText(rs[0]) {
			t.Errorf("what is written of %q is read as %v, %v", text, again, err)
		}
	}
}

func TestRulesAndSignalsRefuse(t *testing.T) {
	racetest.Computes(t)
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"RULES=cpu"}, "RULES: cpu needs max, min or both, such as max=100 min=10"},
		{[]string{"RULES=queue max=3"}, "RULES: queue: unknown signal queue; the signals are cpu, memory"},
		{[]string{"RULES=cpus max=3"}, "RULES: cpus: unknown signal cpus; the nearest is cpu"},
		{[]string{"RULES=cpu max=3 by=que"}, "RULES: cpu / que: unknown signal que; the nearest is cpu"},
		{[]string{"RULES=max=3"}, `RULES: max=3: "max=3": must begin with a signal's name, such as queue`},
		{[]string{"RULES=cpu max=3; cpu min=1"}, "RULES: cpu min=1: duplicate rule for this signal"},
		{[]string{"RULES=cpu max=many min"}, "RULES: cpu max=many min: max=many: must be a number\n    cpu max=many min: \"min\": must be key=value; the keys are max, min, mean, p50 to p100, wait, fails, passes, per, by, scale, up and down"},
		{[]string{"RULES=cpu max=1 min=2"}, "RULES: cpu max=1 min=2: min=2 is above max=1"},
		{[]string{"RULES=cpu max=1 fails=3 mean=60s"}, "RULES: cpu max=1 fails=3 mean=60s: mean and percentiles cannot be used with fails or passes. Remove one of them"},
		{[]string{"RULES=cpu max=1 mean=60"}, "RULES: cpu max=1 mean=60: mean=60: must be a window from 1s to 1h, such as 120s"},
		{[]string{"RULES=cpu max=1 mean=60s p95=60s"}, "RULES: cpu max=1 mean=60s p95=60s: a rule has one window: must be mean or one percentile"},
		{[]string{"RULES=cpu max=1 p0=60s"}, "RULES: cpu max=1 p0=60s: unknown key p0; the keys are max, min, mean, p50 to p100, wait, fails, passes, per, by, scale, up and down"},
		{[]string{"RULES=cpu max=1 max=2"}, "RULES: cpu max=1 max=2: duplicate key max"},
		{[]string{"RULES=cpu max=1 fails=0"}, "RULES: cpu max=1 fails=0: fails=0: must be a whole number from 1 to 64, such as 3 for 3 in a row, or 3/5 for 3 of the last 5"},
		{[]string{"RULES=cpu max=1 up=0"}, "RULES: cpu max=1 up=0: up=0: must be a whole number, 1 or more, or a share such as 50%"},
		{[]string{"RULES=cpu max=1 per=worker"}, "RULES: cpu max=1 per=worker: per=worker: must be dyno, or app for all dynos together"},
		{[]string{"RULES=cpu max=1 scale=up"}, "RULES: cpu max=1 scale=up: scale=up: must be size for the size of the dynos, or dynos for their number"},
		{[]string{"RULES=cpu max=1 scale=size up=2"}, "RULES: cpu max=1 scale=size up=2: up and down cannot be used with scale=size, which changes one size at a time. Remove them"},
		{[]string{"RULES=cpu max=1; cpu max=2 scale=size"}, "DYNO_SIZES: is not set; a rule with scale=size needs the sizes to choose from, the smallest first, such as standard-1x,standard-2x"},
		{[]string{"SCALE_ORDER=horizontal"}, "DYNO_SIZES: is not set; SCALE_ORDER=horizontal needs the sizes to choose from, the smallest first, such as standard-1x,standard-2x"},
		{[]string{"SCALE_ORDER=diagonal", "DYNO_SIZES=standard-1x,standard-2x"}, `SCALE_ORDER: "diagonal": must be horizontal or vertical`},
		{[]string{"DYNO_SIZES=standard-2x"}, "DYNO_SIZES: standard-2x is only one size: must be at least two, such as standard-1x,standard-2x"},
		{[]string{"DYNO_SIZES=standard-1x,Standard-1X"}, "DYNO_SIZES: duplicate size standard-1x"},
		{[]string{"DYNO_SIZES=standard-1x,a b"}, `DYNO_SIZES: "a b": must be a dyno size, such as standard-2x`},
		{[]string{"DYNO_SIZES=standard-1x,other,performance-m,standard-2x"}, "DYNO_SIZES: must begin with the smallest: performance-m is larger than standard-2x"},
		{[]string{"DYNO_SIZES=standard-1x,standard-2x", "DYNO_PRICE_PER_MONTH=25"}, "DYNO_PRICE_PER_MONTH: is the price of one dyno size, and DYNO_SIZES has several. Remove it to use Heroku's list prices"},
		{[]string{"DYNO_SIZES=a,b", "PLATFORM=command", "COUNT_COMMAND=a", "SCALE_COMMAND=b", "HEARTBEAT_URL=http://127.0.0.1/"}, "DYNO_SIZES: PLATFORM=command has no dyno sizes. Remove this setting"},
		{[]string{"SIGNALS=redis://:" + secret + "@h/0#q"}, "SIGNALS: number 1: must be NAME=URL, with a name of lower-case letters, digits and _ . - such as queue"},
		{[]string{"SIGNALS=Queue=redis://:" + secret + "@h/0#q"}, "SIGNALS: number 1: must be NAME=URL, with a name of lower-case letters, digits and _ . - such as queue"},
		{[]string{"SIGNALS=queue=mysql://:" + secret + "@h/0#q"}, "SIGNALS: queue: must begin with one of redis://, rediss://, postgres://, sidekiq+redis:// (or another job runner), rabbitmq+https://, prometheus+https://, json+https:// (or +http://), nodes+http://, nodes+pool://, push:NAME, logcache:NAME, metric:NAME and otlp:METRIC"},
		{[]string{"SIGNALS=queue=json://" + secret + "@h/0#q"}, "SIGNALS: queue: must begin with json+https:// or json+http://"},
		{[]string{"SIGNALS=queue=redis+https://" + secret + "@h/0#q"}, "SIGNALS: queue: must begin with redis://"},
		{[]string{"SIGNALS=a=redis+pool://:" + secret + "@:1#q"}, "SIGNALS: a: must begin with redis://"},
		{[]string{"SIGNALS=a=json+pool://:" + secret + "@:1#q"}, "SIGNALS: a: must begin with json+https:// or json+http://"},
		{[]string{"SIGNALS=a=nodes+pool://:9100#memory", "RULES=a"}, "RULES: a needs max, min or both, such as max=100 min=10"},
		{[]string{"SIGNALS=q=redis://:" + secret + "@h/0#a,b,%61"}, "SIGNALS: q: names 1 and 3 are the same queue. Remove one of them"},
		{[]string{"SIGNALS=q=rabbitmq+http://a:" + secret + "@h/#b, b"}, "SIGNALS: q: names 1 and 2 are the same queue. Remove one of them"},
		{[]string{"SIGNALS=q=redis-sentinel://:" + secret + "@h:26379,i:26379/0#q"}, "SIGNALS: q: must be the URL of the primary: Sentinels and clusters are not supported. Use redis://:password@host:6379/0, or rediss:// for TLS"},
		{[]string{"SIGNALS=q=redis://u:12#" + secret + "@h/0#q"}, "SIGNALS: q: seems to have a # in its user or password. Write it as %23"},
		{[]string{"SIGNALS=q=json+http://u:12#" + secret + "@h/0#q"}, "SIGNALS: q: seems to have a # in its user or password. Write it as %23"},
		{[]string{"SIGNALS=q=amqp://a:" + secret + "@h/v#q"}, "SIGNALS: q: must be the URL of the management plugin, not of AMQP: rabbitmq+http://user:password@host:15672/VHOST"},
		{[]string{"SIGNALS=q=AMQPS://a:" + secret + "@h/v#q"}, "SIGNALS: q: must be the URL of the management plugin, not of AMQP: rabbitmq+https://user:password@host:15671/VHOST"},
		{[]string{"SIGNALS=q=https://a:" + secret + "@h/v#q"}, "SIGNALS: q: must name the kind of source: json+https://, prometheus+https:// or rabbitmq+https://"},
		{[]string{"SIGNALS=queue=redis://:" + secret + "@h/0"}, "SIGNALS: queue: must end with # and a queue's key, or several separated by commas"},
		{[]string{"SIGNALS=queue=redis://:" + secret + "%zz@h/0#q"}, "SIGNALS: queue: must be a URL with a host. Write special characters in a password as %XX"},
		{[]string{"SIGNALS=queue[size=3, tls]=redis://:" + secret + "@h/0#q"}, "SIGNALS: queue: an option must be key=value\n    queue: unknown option: redis has unit, group, tls"},
		{[]string{"SIGNALS=a=redis://h/0#q; a=redis://h/0#r"}, "SIGNALS: a: duplicate name"},
		{[]string{"SIGNALS=cpu=redis://h/0#q"}, "SIGNALS: cpu is the name of a built-in signal. Choose another name"},
		{[]string{"SIGNALS=a=push:"}, "SIGNALS: a: must be push: and the name of a pushed metric"},
		{[]string{"SIGNALS=a=push:orders"}, "PUSH_TOKEN: is not set; the signal a needs it. Create one with: openssl rand -hex 16"},
		{[]string{"PUSH_TOKEN=" + secret}, "PUSH_TOKEN: needs an address to receive at. Set DASHBOARD_ADDR, or PORT, which Heroku sets for web dynos"},
		{[]string{"PORT=1", "PUSH_TOKEN=short"}, "PUSH_TOKEN: must have at least 16 characters. Create one with: openssl rand -hex 16"},
		{[]string{"LOGDRAIN_TOKENS=d.fc6b856b-3332-4546-93de-7d0ee272c3bd"}, "LOGDRAIN_TOKENS: needs an address to receive at. Set DASHBOARD_ADDR, or PORT, which Heroku sets for web dynos"},
		{[]string{"HEARTBEAT_URL=none"}, "HEARTBEAT_URL: must not be none without RULES: the bot would have nothing to decide by"},
		{[]string{"HEARTBEAT_URL=None", "RULES=cpu max=3", "POLICY=adaptive"}, "POLICY: adaptive needs heartbeats, and HEARTBEAT_URL switches them off. Set POLICY=count"},
	} {
		t.Run(strings.Join(c.env, " "), func(t *testing.T) {
			env(t, c.env...)
			_, err := settingstest.Load()
			if err == nil {
				t.Fatal("nothing is wrong")
			}
			if _, got, _ := strings.Cut(err.Error(), ":\n  "); got != c.want {
				t.Errorf("the mistake is\n%s\nwant\n%s", got, c.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestThePoolsProcessorsHaveBounds(t *testing.T) {
	for rules, want := range map[string]string{
		"a":            "a max=50 min=20 mean=120s",
		"a max=70":     "a max=70 mean=120s",
		"a p95=5m":     "a max=50 min=20 p95=300s",
		"a scale=size": "a max=50 min=20 mean=120s scale=size",
	} {
		env(t, "SIGNALS=a=nodes+pool://:9100#cpu", "RULES="+rules, "DYNO_SIZES=standard-1x,standard-2x")
		s := loaded(t)
		if got := settings.RuleText(s.Rules[0]); got != want {
			t.Errorf("RULES=%s is %s, want %s", rules, got, want)
		}
	}
}

func TestSignals(t *testing.T) {
	text := `
		queue=redis://:` + secret + `@host:6379/0#queue:default,queue:mailers;
		jobs[unit=jobs]=postgres://u:` + secret + `@db/app?sslmode=require#select count(*) from jobs where a = 'x;y'; mail = rabbitmq+https://u:p@r/%2Fmy#mail
		busy[combine=max, token=` + secret + `]=prometheus+http://p:9090/x#sum(rate(x{a="b"}[1m])); app=json+https://h/stats?a=b#!web;orders=push:orders; pool_cpu[percentile=90,via=socks5://127.0.0.1:1080]=nodes+pool://:9100#cpu`
	var ss settings.Signals
	must(t, ss.Decode(text))
	want := []settings.Signal{
		{Name: "queue", Kind: "redis", URL: "redis://:" + secret + "@host:6379/0", What: "queue:default,queue:mailers"},
		{Name: "jobs", Kind: "postgres", URL: "postgres://u:" + secret + "@db/app?sslmode=require", What: "select count(*) from jobs where a = 'x;y'"},
		{Name: "mail", Kind: "rabbitmq", URL: "https://u:p@r/%2Fmy", What: "mail"},
		{Name: "busy", Kind: "prometheus", URL: "http://p:9090/x", What: `sum(rate(x{a="b"}[1m]))`},
		{Name: "app", Kind: "json", URL: "https://h/stats?a=b", What: "!web"},
		{Name: "orders", Kind: "push", What: "orders"},
		{Name: "pool_cpu", Kind: "nodes", URL: "pool://:9100", What: "cpu"},
	}
	if len(ss) != len(want) {
		t.Fatalf("there are %v, want %d", ss, len(want))
	}
	for i, w := range want {
		if g := ss[i]; g.Name != w.Name || g.Kind != w.Kind || g.URL != w.URL || g.What != w.What {
			t.Errorf("%s is of %s at %q for %q, want %s at %q for %q", g.Name, g.Kind, g.URL, g.What, w.Kind, w.URL, w.What)
		}
	}
	if ss[1].Options["unit"] != "jobs" || ss[3].Options["combine"] != "max" || ss[3].Options["token"] != secret {
		t.Errorf("the options are %v and %v", ss[1].Options, ss[3].Options)
	}
	if !ss[4].Desired() || ss[3].Desired() {
		t.Error("only what begins with ! is what the app wants")
	}
	if got := ss.String(); got != "queue, jobs, mail, busy, app, orders, pool_cpu" {
		t.Errorf("they are shown as %q", got)
	}
}

func TestSchemesOfOtherClients(t *testing.T) {
	for text, want := range map[string][2]string{
		"REDIS://h/3":              {"redis", "redis://h/3"},
		"valkey://h/3":             {"redis", "redis://h/3"},
		"valkeys://h/3":            {"rediss", "rediss://h/3"},
		"redis+tls://h/3":          {"rediss", "rediss://h/3"},
		"redis+ssl://h/3":          {"rediss", "rediss://h/3"},
		"redis+socket:///r.sock":   {"unix", "unix:///r.sock"},
		"redis-socket:///r.sock":   {"unix", "unix:///r.sock"},
		"Json+HTTPS://h/Stats?A=B": {"json", "https://h/Stats?A=B"},
	} {
		var ss settings.Signals
		if err := ss.Decode("q=" + text + "#a"); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := [2]string{ss[0].Kind, ss[0].URL}; got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func FuzzRules(f *testing.F) {
	for _, seed := range []string{"cpu max=80 min=30 mean=60s", "a by=b per=dyno fails=3/5 up=50%;b max=1 p99.9=1h", "x max=1e308 min=-0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var rs settings.Rules
		if rs.Decode(text) != nil {
			return
		}
		for _, r := range rs {
			var again settings.Rules
			if err := again.Decode(settings.RuleText(r)); err != nil || len(again) != 1 || settings.RuleText(again[0]) != settings.RuleText(r) {
				t.Fatalf("%q of %q is read as %v, %v", settings.RuleText(r), text, again, err)
			}
		}
	})
}

func FuzzSignals(f *testing.F) {
	for _, seed := range []string{"queue=redis://:p@h/0#q", "a[unit=x]=postgres://h#select 1;b=json+http://h#!x", "x=push:y", "=;=[", "a[=b]=c", "a[://]=x", "a[://=b]=push:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const password = "pAssw0rd"
		var ss settings.Signals
		if err := ss.Decode(strings.ReplaceAll(text, "://", "://u:"+password+"@")); err != nil && strings.Contains(err.Error(), password) && !strings.Contains(text, password) {
			t.Fatalf("Decode shows a password: %v", err)
		}
	})
}
