package postgres_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/postgres"
)

func TestAllMistakesOfJobQueuesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		o    postgres.JobsOptions
		want string
	}{
		{postgres.JobsOptions{Runner: "sidekiq"}, `job queues: unknown job runner in PostgreSQL: "sidekiq"`},
		{
			postgres.JobsOptions{Runner: "que", URL: "http://:s3cr3t@h/app", Schema: `a"b`, Queues: []string{""}},
			"job queues: the URL must begin with postgres://: use a URL such as postgres://user:password@host:5432/name, with @, / and % in the " +
				"password as %40, %2F and %25\nthe timeout is 0s: must be more than 0\nthe schema must be a name of letters, digits and _\n" +
				"the names of queues must not be empty, and at most 100",
		},
		{
			postgres.JobsOptions{Runner: "river", URL: "postgres://h/app", Queues: make([]string, 101), Timeout: time.Second},
			"job queues: the names of queues must not be empty, and at most 100",
		},
	} {
		if j, err := postgres.NewJobs(tt.o); j != nil || err == nil || err.Error() != tt.want {
			t.Errorf("got\n%v\nwant\n%s", err, tt.want)
		}
	}
}
