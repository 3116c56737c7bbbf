package redis_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/redis"
)

var redisRunners = []string{"sidekiq", "rq", "celery", "bullmq", "resque"}

func TestAllMistakesOfJobQueuesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		o    redis.JobsOptions
		want string
	}{
		{redis.JobsOptions{Runner: "sidekik"}, `job queues: unknown job runner in Redis: "sidekik"`},
		{redis.JobsOptions{Runner: "que"}, `job queues: unknown job runner in Redis: "que"`},
		{
			redis.JobsOptions{Runner: "bullmq", URL: "http://:s3cr3t@localhost"},
			"job queues: the URL must begin with redis:// or rediss://: use a URL such as redis://:password@localhost:6379/0, or rediss:// for TLS\n" +
				"the timeout is 0s: must be more than 0\nBullMQ stores no list of its queues: name the queues",
		},
		{
			redis.JobsOptions{Runner: "rq", URL: "redis://localhost", Queues: []string{"a", ""}, Timeout: patient},
			"job queues: a queue's name is empty",
		},
		{
			redis.JobsOptions{Runner: "rq", URL: "redis://localhost", Queues: strings.Split(strings.Repeat("a,", 100)+"a", ","), Timeout: patient},
			"job queues: 101 queues are too many: the maximum is 100",
		},
	} {
		if j, err := redis.NewJobs(tt.o); j != nil || err == nil || err.Error() != tt.want {
			t.Errorf("got\n%v\nwant\n%s", err, tt.want)
		}
	}
}

// Whatever a server says, no number is negative or there is an error.
func FuzzJobs(f *testing.F) {
	for i, s := range []string{
		"*1\r\n$7\r\ndefault\r\n*0\r\n*1\r\n$1\r\na\r\n:1\r\n$19\r\n{\"enqueued_at\":1.5}\r\n*2\r\n$17\r\n{\"queue\":\"default\"}\r\n$1\r\n5\r\n*0\r\n*2\r\n$2\r\n{}\r\n$1\r\n3\r\n",
		"*1\r\n$16\r\nrq:queue:default\r\n:0\r\n:1\r\n:0\r\n:0\r\n*0\r\n*1\r\n$1\r\na\r\n$27\r\n2026-12-01T12:00:00.000000Z\r\n",
		":1\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n",
		":1\r\n:0\r\n:1\r\n:0\r\n:0\r\n:0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n1\r\n*0\r\n*0\r\n*3\r\n$3\r\n100\r\n$1\r\n0\r\n$-1\r\n",
		"*1\r\n$7\r\ndefault\r\n*1\r\n$8\r\nh:1:a,b*\r\n:1\r\n:1\r\n", "$2000000\r\n", ":-1\r\n", "*-1\r\n", "-ERR\r\n", "$1048576\r\n",
	} {
		f.Add([]byte(s), uint8(i))
	}
	f.Fuzz(func(t *testing.T, said []byte, runner uint8) {
		o := redis.JobsOptions{Runner: redisRunners[int(runner)%len(redisRunners)], URL: "redis://localhost", Timeout: patient}
		if o.Runner == "bullmq" {
			o.Queues = []string{"a"}
		}
		j, err := redis.NewJobs(o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := j.Read(canned{Reader: bytes.NewReader(said)}, time.Unix(1_796_139_700, 0))
		if err != nil {
			return
		}
		for _, q := range b.Queues {
			if q.Size < 0 || q.Busy < 0 || q.Wait < 0 {
				t.Errorf("%s: got %+v", o.Runner, q)
			}
		}
	})
}
