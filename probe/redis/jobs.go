package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

const (
	maxQueues  = 1000
	maxWorkers = 1000    // processes of a job runner
	maxDue     = 100     // jobs whose queue is read
	maxJob     = 1 << 20 // bytes
)

// JobsOptions configure [Jobs].
type JobsOptions struct {
	// Runner is the job runner: "sidekiq", "rq", "celery", "bullmq" or "resque".
	Runner string
	// URL and TLS are those of [Options].
	URL string
	TLS *tls.Config
	// Queues are the names of the queues, up to 100; nil means all of the runner, or its default queue if it stores no
	// list of them.
	Queues []string
	// Prefix is what the names of the runner's keys begin with; "" means its usual prefix.
	Prefix string
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
}

// Jobs reads the queues of a job runner in Redis. It is a [jobs.Source], and safe for concurrent use. It opens a
// connection for each probe, and reads no whole queue.
type Jobs struct {
	client
	backend
	title  string
	queues []string // nil for all
	prefix string
}

// A backend is how a job runner stores its jobs.
type backend struct {
	read     func(*Jobs, *wire, time.Time) (jobs.Backlog, error)
	prefix   string // the usual one
	commands string // that a user needs
}

// The keys are the names of runners. A new one is one line here, and one in the package jobs.
func backends() map[string]backend {
	return map[string]backend{
		"bullmq":  {readBullMQ, "bull:", "SELECT, EXISTS, HEXISTS, LLEN, LINDEX, ZCARD, ZCOUNT, ZRANGE and HMGET"},
		"celery":  {readCelery, "", "SELECT, EXISTS, LLEN and HLEN"},
		"resque":  {readResque, "resque:", "SELECT, SMEMBERS, EXISTS and LLEN"},
		"rq":      {readRQ, "", "SELECT, SMEMBERS, EXISTS, LLEN, LRANGE, ZCOUNT, ZRANGE and HGET"},
		"sidekiq": {readSidekiq, "", "SELECT, SMEMBERS, LLEN, LINDEX, ZRANGEBYSCORE and HMGET"},
	}
}

// NewJobs returns a source, or all that is wrong with the options, without a secret. It makes no request.
func NewJobs(o JobsOptions) (*Jobs, error) {
	r, _ := jobs.Find(o.Runner)
	b, ok := backends()[r.Name]
	if !ok {
		return nil, fmt.Errorf("job queues: unknown job runner in Redis: %.40q", o.Runner)
	}
	j := &Jobs{backend: b, title: r.Title, queues: slices.Clone(o.Queues), prefix: cmp.Or(o.Prefix, b.prefix)}
	j.client.commands = b.commands
	j.long = "a job has more than 1 MiB, or jobs have more than 16 MiB together, which the bot does not read"
	if len(j.queues) == 0 && r.Default != "" {
		j.queues = []string{r.Default}
	}
	wrong := []error{j.setURL(o.URL, o.TLS), j.setTimeout(o.Timeout)}
	switch {
	case len(j.queues) == 0 && r.MustName:
		wrong = append(wrong, fmt.Errorf("%s stores no list of its queues: name the queues", r.Title))
	case slices.Contains(j.queues, ""):
		wrong = append(wrong, errors.New("a queue's name is empty"))
	case len(j.queues) > maxKeys:
		wrong = append(wrong, fmt.Errorf("%d queues are too many: the maximum is %d", len(j.queues), maxKeys))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("job queues: %w", err)
	}
	return j, nil
}

// Backlog reads the queues once.
func (j *Jobs) Backlog(ctx context.Context) (jobs.Backlog, error) { return j.at(ctx, time.Now()) }

func (j *Jobs) at(ctx context.Context, now time.Time) (jobs.Backlog, error) {
	var b jobs.Backlog
	err := j.ask(ctx, func(w *wire) (err error) {
		w.longest = maxJob
		b, err = j.read(j, w, now)
		return err
	})
	if err != nil {
		return jobs.Backlog{}, err
	}
	return b, nil
}

// The queues to read, of those that the runner knows.
func (j *Jobs) chosen(known []string) ([]jobs.Queue, error) {
	names := j.queues
	if names == nil {
		names = known
	}
	if len(names) > maxQueues {
		return nil, noQueue(fmt.Sprintf("%s has %d queues: name the queues to read, up to %d", j.title, len(names),
			maxKeys))
	}
	out := make([]jobs.Queue, len(names))
	for i, name := range names {
		out[i] = jobs.Queue{Name: name, Unknown: !slices.Contains(known, name)}
	}
	return out, nil
}

// The sets' members, sorted.
func members(w *wire, keys ...string) ([][]string, error) {
	for _, key := range keys {
		w.say("SMEMBERS", key)
	}
	out := make([][]string, len(keys))
	for i := range out {
		var err error
		if out[i], err = w.texts(); err != nil {
			return nil, err
		}
		slices.Sort(out[i])
	}
	return out, nil
}

// Clocks of several machines may differ a little.
func since(now, then time.Time) time.Duration { return max(0, now.Sub(then)) }

// From seconds since 1970.
func unix(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)) }
