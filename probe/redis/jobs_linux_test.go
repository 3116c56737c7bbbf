package redis_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

func secondsOf(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)) }

// The libraries under test find the server in their environment.
func (s *server) program(database string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "URL=redis://"+s.addr+"/"+database, "PASSWORD="+password, "ADDR="+s.addr, "DATABASE="+database,
		"ESCAPED="+strings.ReplaceAll(url.QueryEscape(password), "+", "%20"))
	return cmd
}

// The program prints JSON for said.
func (s *server) write(t *testing.T, said any, database, name string, args ...string) {
	t.Helper()
	s.said(t, said, s.program(database, name, args...))
}

func (s *server) said(t *testing.T, said any, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v %s", cmd.Args, err, err.(*exec.ExitError).Stderr)
	}
	if err := json.Unmarshal(out, said); err != nil {
		t.Fatalf("%v: %v in %s", cmd.Args, err, out)
	}
}

func needs(t *testing.T, what string, program string, args ...string) {
	t.Helper()
	if err := exec.Command(program, args...).Run(); err != nil {
		t.Skipf("%s is not installed (run sh .ci/install-test-deps as root)", what)
	}
}

func (s *server) jobs(t *testing.T, runner, database string, queues ...string) *redis.Jobs {
	t.Helper()
	j, err := redis.NewJobs(redis.JobsOptions{
		Runner: runner, URL: at("redis", "", password, s.addr, database), Queues: queues, Timeout: patient,
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// Waiting times may differ by a tenth of a second.
func wantQueues(t *testing.T, j *redis.Jobs, now time.Time, want ...jobs.Queue) jobs.Backlog {
	t.Helper()
	b, err := j.At(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	same := slices.EqualFunc(b.Queues, want, func(got, want jobs.Queue) bool {
		apart := (got.Wait - want.Wait).Abs()
		got.Wait = want.Wait
		return got == want && apart < 100*time.Millisecond
	})
	if !same {
		t.Errorf("got\n%+v\nwant\n%+v", b.Queues, want)
	}
	return b
}

func TestSidekiq(t *testing.T) {
	needs(t, "Sidekiq", "ruby", "-e", `require "sidekiq"`)
	s := startServer(t)
	var said struct {
		Queues map[string]struct {
			Size   int64
			Oldest float64
		}
		Retried struct{ At float64 }
	}
	script := filepath.Join("testdata", "sidekiq.rb")
	s.write(t, &said, "1", "ruby", script)
	oldest := func(name string) time.Time { return secondsOf(said.Queues[name].Oldest) }
	written := oldest("odd,name #1")
	waited := func(name string, now time.Time) time.Duration { return now.Sub(oldest(name)) }

	all := s.jobs(t, "sidekiq", "1")
	wantQueues(
		t, all, written,
		jobs.Queue{Name: "default", Size: 2, Wait: waited("default", written)},
		jobs.Queue{Name: "mailers", Size: 1, Wait: waited("mailers", written)},
		jobs.Queue{Name: "odd,name #1", Size: 1},
	)
	// Then those for later and the failed job are due.
	due := written.Add(100 * time.Second)
	wantQueues(
		t, all, due,
		jobs.Queue{Name: "default", Size: 3, Wait: waited("default", due)},
		jobs.Queue{Name: "mailers", Size: 2, Wait: waited("mailers", due)},
		jobs.Queue{Name: "odd,name #1", Size: 1, Wait: 100 * time.Second},
		jobs.Queue{Name: "later", Size: 1, Wait: 70 * time.Second},
	)
	b := wantQueues(
		t, s.jobs(t, "sidekiq", "1", "later", "mailer", "odd,name #1"), due,
		jobs.Queue{Name: "later", Size: 1, Wait: 70 * time.Second},
		jobs.Queue{Name: "mailer", Unknown: true},
		jobs.Queue{Name: "odd,name #1", Size: 1, Wait: 100 * time.Second},
	)
	if got, want := fmt.Sprint(b.Notes()), `[the queue "mailer" does not exist, which counts as an empty queue. The queues are ["default" "mailers" "odd,name #1"]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	t.Run("a job in progress", func(t *testing.T) {
		childtest.Start(t, s.program("1", "ruby", script, "work"), regexp.MustCompile("^working$"))
		for _, tt := range []struct {
			queues []string
			want   float64
		}{{nil, 1}, {[]string{"slow", "default"}, 1}, {[]string{"default"}, 0}} {
			b, err := s.jobs(t, "sidekiq", "1", tt.queues...).Backlog(t.Context())
			if err != nil || b.Value(jobs.Busy) != tt.want {
				t.Errorf("%q: got %+v, %v, want %v busy", tt.queues, b, err, tt.want)
			}
		}
	})
	t.Run("paused", func(t *testing.T) {
		s.cli(t, "-n", "1", "SADD", "paused", "default") // as Sidekiq Pro does
		j := s.jobs(t, "sidekiq", "1", "default", "mailers")
		b, err := j.At(t.Context(), written)
		if err != nil || b.Value(jobs.Size) != 1 || !b.Queues[0].Paused || len(b.Notes()) != 1 {
			t.Errorf("got %+v, %v", b, err)
		}
	})
	t.Run("conforms", func(t *testing.T) { s.conforms(t, "sidekiq", "1", 4, "default", "mailers", "odd,name #1") })
}

// The queues have the number of waiting jobs.
func (s *server) conforms(t *testing.T, runner, database string, size float64, queues ...string) {
	s.cli(t, "-n", database, "DEL", "paused")
	with := func(password string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			j, err := redis.NewJobs(redis.JobsOptions{
				Runner: runner, URL: at("redis", "", password, addr, database), Queues: queues, Timeout: timeout,
			})
			if err != nil {
				return nil, err
			}
			return jobs.New(j, "jobs.size", jobs.Size)
		}
	}
	probertest.Run(t, probertest.Fixture{
		Addr: s.addr, New: with(password), Refused: with("s3cr3t-wrong"),
		Want: probe.Reading{Signal: "jobs.size", Value: size, Unit: "jobs"}, Secrets: []string{"s3cr3t"},
	})
}

// Versions 7 and 8 by their source: client.rb and launcher.rb of the tags v7.3.9 and v8.1.7.
func TestSidekiq7And8(t *testing.T) {
	s := startServer(t)
	now := time.UnixMilli(1_796_139_700_000)
	s.cli(t, "SADD", "queues", "seven", "eight", "created")
	s.cli(t, "LPUSH", "queue:seven", `{"class":"A","created_at":1796139650.5,"enqueued_at":1796139660.5}`, `{"enqueued_at":1796139699.0}`)
	s.cli(t, "LPUSH", "queue:eight", `{"class":"A","created_at":1796139650000,"enqueued_at":1796139661500}`, `{"enqueued_at":1796139699000}`)
	s.cli(t, "LPUSH", "queue:created", `{"class":"A","created_at":1796139690000}`)
	s.cli(t, "ZADD", "schedule", "1796139695.5", `{"queue":"eight","created_at":1796139000000}`, "1796139700.1", `{"queue":"eight","created_at":1796139000000,"a":1}`)
	s.cli(t, "SADD", "processes", "a:1:x", "b:2:x", "gone:3:x", "c:4:x")
	s.cli(t, "HSET", "a:1:x", "busy", "3", "info", `{"queues":["seven","eight"],"capsules":{"default":{}},"version":"8.1.7"}`)
	s.cli(t, "HSET", "b:2:x", "busy", "5", "info", `{"queues":["created"]}`)
	s.cli(t, "HSET", "c:4:x", "busy", "1", "info", `{"capsules":{"default":{}}}`) // without what version 9 drops
	b := wantQueues(
		t, s.jobs(t, "sidekiq", "", "seven", "eight"), now,
		jobs.Queue{Name: "seven", Size: 2, Wait: 39500 * time.Millisecond}, jobs.Queue{Name: "eight", Size: 3, Wait: 38500 * time.Millisecond},
	)
	if b.Value(jobs.Busy) != 4 || b.Value(jobs.Size) != 5 || b.Value(jobs.Latency) != 39.5 {
		t.Errorf("got %+v", b)
	}
	b = wantQueues(
		t, s.jobs(t, "sidekiq", ""), now,
		jobs.Queue{Name: "created", Size: 1, Wait: 10 * time.Second},
		jobs.Queue{Name: "eight", Size: 3, Wait: 38500 * time.Millisecond}, jobs.Queue{Name: "seven", Size: 2, Wait: 39500 * time.Millisecond},
	)
	if b.Value(jobs.Busy) != 9 {
		t.Errorf("got %+v", b)
	}
	s.cli(t, "RPUSH", "queue:seven", "not JSON")
	if r := s.reading(t, "sidekiq", "seven"); r.Outcome != probe.ClientError || r.Error != "the oldest job of a queue is not in Sidekiq's form" {
		t.Errorf("got %+v", r)
	}
	s.cli(t, "SET", "queue:eight", "x")
	if r := s.reading(t, "sidekiq", "eight"); r.Outcome != probe.ClientError ||
		r.Error != s.addr+" has a key of another type than expected: check the prefix and the database" {
		t.Errorf("got %+v", r)
	}
	s.cli(t, "ACL", "SETUSER", "bot", "on", ">"+password, "~queue:*", "+smembers")
	j, err := redis.NewJobs(redis.JobsOptions{Runner: "sidekiq", URL: at("redis", "bot", password, s.addr, ""), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Backlog(t.Context()); err == nil || err.Error() !=
		s.addr+" denies access: the user needs the keys, and SELECT, SMEMBERS, LLEN, LINDEX, ZRANGEBYSCORE and HMGET" {
		t.Errorf("got %v", err)
	}
}

func (s *server) reading(t *testing.T, runner string, queues ...string) probe.Reading {
	t.Helper()
	p, err := jobs.New(s.jobs(t, runner, "", queues...), "jobs.latency", jobs.Latency)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

// Debian's modules belong to its own Python.
func python(t *testing.T, module string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+module).Run() == nil {
			return name
		}
	}
	t.Skipf("the Python module %s is not installed (run sh .ci/install-test-deps as root)", module)
	return ""
}

func TestRQ(t *testing.T) {
	python := python(t, "rq")
	s := startServer(t)
	script := filepath.Join("testdata", "rq_jobs.py")
	var said struct{ First, Last float64 }
	s.write(t, &said, "2", python, script, "write")
	first, written := secondsOf(said.First), secondsOf(said.Last)
	due := written.Add(100 * time.Second)

	wantQueues(
		t, s.jobs(t, "rq", "2"), written,
		jobs.Queue{Name: "default", Size: 4, Wait: written.Sub(first)}, jobs.Queue{Name: "mail, odd", Size: 1},
	)
	wantQueues(
		t, s.jobs(t, "rq", "2", "mail, odd", "none", "default"), due,
		jobs.Queue{Name: "mail, odd", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "none", Unknown: true}, jobs.Queue{Name: "default", Size: 4, Wait: due.Sub(first)},
	)
	childtest.Start(t, s.program("2", python, script, "work"), regexp.MustCompile("^working$"))
	wantQueues(
		t, s.jobs(t, "rq", "2", "slow", "default"), written,
		jobs.Queue{Name: "slow", Busy: 1}, jobs.Queue{Name: "default", Size: 4, Wait: written.Sub(first)},
	)
	t.Run("conforms", func(t *testing.T) { s.conforms(t, "rq", "2", 5) })
	s.write(t, &said, "2", python, script, "suspend")
	if b, err := s.jobs(t, "rq", "2").Backlog(t.Context()); err != nil || b.Value(jobs.Size) != 0 || !b.Queues[0].Paused {
		t.Errorf("suspended: got %+v, %v", b, err)
	}
}

func TestCelery(t *testing.T) {
	python := python(t, "celery, redis")
	s := startServer(t)
	script := filepath.Join("testdata", "celery_tasks.py")
	var said struct{}
	s.write(t, &said, "3", python, script, "write")
	wantQueues(t, s.jobs(t, "celery", "3"), time.Now(), jobs.Queue{Name: "celery", Size: 5})
	wantQueues(
		t, s.jobs(t, "celery", "3", "mail, odd", "celery", "none"), time.Now(),
		jobs.Queue{Name: "mail, odd", Size: 1}, jobs.Queue{Name: "celery", Size: 5}, jobs.Queue{Name: "none", Unknown: true},
	)
	childtest.Start(t, s.program("3", python, script, "work"), regexp.MustCompile("working"))
	b := wantQueues(t, s.jobs(t, "celery", "3", "slow"), time.Now(), jobs.Queue{Name: "slow"})
	if b.Value(jobs.Busy) != 1 {
		t.Errorf("got %+v, want one task in progress", b)
	}
	t.Run("conforms", func(t *testing.T) { s.conforms(t, "celery", "3", 6, "celery", "mail, odd") })
}

// Debian has no Resque: its keys are those of the source of version 3.0.
func TestResque(t *testing.T) {
	s := startServer(t)
	s.cli(t, "SADD", "resque:queues", "default", "mail, odd", "empty")
	s.cli(t, "RPUSH", "resque:queue:default", `{"class":"A","args":[]}`, `{"class":"A","args":[]}`)
	s.cli(t, "RPUSH", "resque:queue:mail, odd", `{"class":"A","args":[]}`)
	s.cli(t, "SADD", "resque:workers", "host:1:default", "host:2:mail, odd,default", "host:3:*", "host:4:other", "host:5:default")
	for _, id := range []string{"host:1:default", "host:3:*", "host:4:other"} {
		s.cli(t, "SET", "resque:worker:"+id, `{"queue":"default","run_at":"2026-12-01T12:00:00Z","payload":{}}`)
	}
	s.cli(t, "SET", "resque:worker:host:5:default:started", "2026-12-01 12:00:00 +0000")
	b := wantQueues(
		t, s.jobs(t, "resque", ""), time.Now(),
		jobs.Queue{Name: "default", Size: 2}, jobs.Queue{Name: "empty"}, jobs.Queue{Name: "mail, odd", Size: 1},
	)
	if b.Value(jobs.Busy) != 3 {
		t.Errorf("got %+v", b)
	}
	b = wantQueues(t, s.jobs(t, "resque", "", "default", "none"), time.Now(), jobs.Queue{Name: "default", Size: 2}, jobs.Queue{Name: "none", Unknown: true})
	if b.Value(jobs.Busy) != 2 {
		t.Errorf("got %+v", b)
	}
	t.Run("conforms", func(t *testing.T) { s.conforms(t, "resque", "0", 3) })
}

func TestBullMQ(t *testing.T) {
	script := filepath.Join("testdata", "bullmq.cjs")
	packages := childtest.NodePath(t, "../jobs/testdata/npm/package-lock.json")
	s := startServer(t)
	node := func(args ...string) *exec.Cmd {
		cmd := s.program("4", "node", append([]string{script}, args...)...)
		cmd.Env = append(cmd.Env, "NODE_PATH="+packages)
		return cmd
	}
	var said struct{ Now float64 }
	s.said(t, &said, node())
	now := secondsOf(said.Now)
	wantQueues(
		t, s.jobs(t, "bullmq", "4", "mail", "urgent", "none"), now,
		jobs.Queue{Name: "mail", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "urgent", Size: 2, Wait: 30 * time.Second}, jobs.Queue{Name: "none", Unknown: true},
	)
	wantQueues(t, s.jobs(t, "bullmq", "4", "mail"), now.Add(100*time.Second), jobs.Queue{Name: "mail", Size: 3, Wait: 200 * time.Second})
	b, err := s.jobs(t, "bullmq", "4", "retried").Backlog(t.Context())
	if err != nil || b.Value(jobs.Size) != 1 || b.Value(jobs.Latency) > 60 { // not an hour, since it was added
		t.Errorf("a job that is tried again: got %+v, %v", b, err)
	}
	childtest.Start(t, node("work"), regexp.MustCompile("^working$"))
	wantQueues(t, s.jobs(t, "bullmq", "4", "slow"), now, jobs.Queue{Name: "slow", Busy: 1})
	t.Run("conforms", func(t *testing.T) { s.conforms(t, "bullmq", "4", 4, "mail", "urgent") })
	s.said(t, &said, node("pause"))
	b, err = s.jobs(t, "bullmq", "4", "mail").At(t.Context(), now)
	if err != nil || b.Value(jobs.Size) != 0 || !b.Queues[0].Paused {
		t.Errorf("paused: got %+v, %v", b, err)
	}
}
