package settings_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

func TestJobRunners(t *testing.T) {
	for text, want := range map[string]struct {
		runner, url string
		queues      []string
	}{
		"jobs=sidekiq+redis://:p@h:6379/0":                      {"sidekiq", "redis://:p@h:6379/0", nil},
		"jobs=sidekiq+redis://:p@h:6379/0#*":                    {"sidekiq", "redis://:p@h:6379/0", nil},
		"jobs=Sidekiq+redis://h#default, mailers":               {"sidekiq", "redis://h", []string{"default", "mailers"}},
		"jobs=sidekiq+rediss://h?ssl_cert_reqs=none#a%2Cb,c%23": {"sidekiq", "rediss://h?ssl_cert_reqs=none", []string{"a,b", "c#"}},
		"jobs=sidekiq+valkeys://h#%2A":                          {"sidekiq", "rediss://h", []string{"*"}},
		"jobs=sidekiq+redis+tls://h":                            {"sidekiq", "rediss://h", nil},
		"jobs=sidekiq+unix:///run/redis.sock?db=2#a":            {"sidekiq", "unix:///run/redis.sock?db=2", []string{"a"}},
		"jobs[prefix=app:,tls=unverified]=sidekiq+rediss://h":   {"sidekiq", "rediss://h", nil},
		"jobs=good-job+postgres://u:p@h/app#default,a%20b":      {"good-job", "postgres://u:p@h/app", []string{"default", "a b"}},
		"jobs=GoodJob+postgresql://u:p@h/app":                   {"good-job", "postgres://u:p@h/app", nil},
		"jobs=good_job+postgresql+psycopg2://u:p@h/app?pool=5":  {"good-job", "postgres://u:p@h/app", nil},
		"jobs[schema=work]=pg-boss+postgres://u:p@h/app":        {"pg-boss", "postgres://u:p@h/app", nil},
		"jobs=bullmq+redis://h#mail":                            {"bullmq", "redis://h", []string{"mail"}},
	} {
		var ss settings.Signals
		must(t, ss.Decode(text))
		sig, ok := ss.Find("jobs.latency")
		queues, err := sig.Queues()
		if !ok || err != nil || sig.Kind != "jobs" || sig.Runner != want.runner || sig.URL != want.url ||
			!slices.Equal(queues, want.queues) || sig.Value != jobs.Latency || sig.Name != "jobs.latency" {
			t.Errorf("%s: got %#v %q %v", text, sig, queues, err)
		}
		if got := ss.Names(); !slices.Equal(got, []string{"jobs.latency", "jobs.size", "jobs.busy"}) || ss.String() != "jobs" {
			t.Errorf("%s: got the names %q", text, got)
		}
	}
}

func TestMistakesInJobRunners(t *testing.T) {
	for text, want := range map[string]string{
		"sidekik+redis://:" + secret + "@h#a":               "jobs: unknown job runner before +redis://; the nearest is sidekiq",
		"delayed+rediss://:" + secret + "@h#a":              "jobs: unknown job runner before +rediss://; the job runners are sidekiq",
		"sidekiq://:" + secret + "@h#a":                     "jobs: Sidekiq stores its jobs in Redis. Write sidekiq+redis:// or sidekiq+rediss:// and the rest of the URL",
		"sidekiq+postgres://:" + secret + "@h/app#a":        "jobs: Sidekiq stores its jobs in Redis",
		"sidekiq+redis-sentinel://h#a":                      "jobs: must be the URL of the primary",
		"sidekiq+redis://:" + secret + "@#a":                "jobs: the URL has no host",
		"sidekiq+redis://h/0/1#a":                           "jobs: the URL's path must be the number of a database",
		"sidekiq+redis://h#a,b,a":                           "jobs: names 1 and 3 are the same queue",
		"sidekiq+redis://h#,":                               "jobs: must have the names of queues after the #, or * for all",
		"sidekiq+redis://h#*,a":                             "jobs: must have either * for all queues or names after the #",
		"sidekiq+redis://h#50%":                             "jobs: name 1: a % must be followed by two hexadecimal digits",
		"sidekiq+redis://:" + secret + "#a@h#a":             "jobs: seems to have a # in its user or password",
		"bullmq+redis://h":                                  "jobs: must end with # and the names of queues, because BullMQ stores no list of them",
		"celery+redis://h#*":                                "jobs: must end with # and the names of queues, because Celery stores no list of them",
		"river+redis://:" + secret + "@h":                   "jobs: River stores its jobs in PostgreSQL. Write river+postgres:// and the rest of the URL",
		"good-job://:" + secret + "@h/app":                  "jobs: GoodJob stores its jobs in PostgreSQL",
		"goodjobs+postgres://u:" + secret + "@h/app":        "jobs: unknown job runner before +postgres://; the nearest is good-job",
		"que+postgres://u:" + secret + "@h/app?shcema=jobs": "jobs: unknown parameter shcema",
	} {
		env(t, "SIGNALS=jobs="+text)
		refused(t, want)
	}
	env(t, "SIGNALS=jobs[unit=x]=sidekiq+redis://h")
	refused(t, "jobs: unknown option: sidekiq has prefix, tls")
	env(t, "SIGNALS=jobs=sidekiq+redis://h; jobs.size=redis://h#a")
	refused(t, "jobs.size: duplicate name")
	env(t, "SIGNALS=jobs.busy=redis://h#a; jobs=sidekiq+redis://h")
	refused(t, "jobs: duplicate name")
}

func TestRulesOfJobQueues(t *testing.T) {
	for rules, want := range map[string]string{
		"jobs max=1":              "RULES: jobs: jobs has several values. Use jobs.latency, jobs.size or jobs.busy",
		"jobs.lag max=1":          "RULES: jobs.lag: jobs has several values. Use jobs.latency, jobs.size or jobs.busy",
		"job.latency max=1":       "RULES: job.latency: unknown signal job.latency; the nearest is jobs.latency",
		"jobs.size by=jobs max=1": "jobs has several values. Use",
	} {
		env(t, "SIGNALS=jobs=sidekiq+redis://h", "RULES="+rules)
		refused(t, want)
	}
	env(t, "SIGNALS=tasks=celery+redis://h", "RULES=tasks.latency max=30")
	refused(t, "RULES: tasks.latency: tasks has no latency: Celery stores no time with its tasks. Use tasks.size or tasks.busy")
	env(t, "SIGNALS=jobs=sidekiq+redis://h", "RULES=jobs.latency max=30 min=5 fails=1; jobs.size by=jobs.busy max=2", "HEARTBEAT_URL=none")
	if s := loaded(t); len(s.Rules) != 2 || s.Rules[0].Window != 0*time.Second {
		t.Errorf("got %+v", s.Rules)
	}
}
