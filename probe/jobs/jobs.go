// Package jobs reads the queues of job runners, such as Sidekiq: how long the oldest job has waited, the number of
// waiting jobs, and the number of jobs in progress. The packages redis and postgres know where each runner stores them.
//
// See docs/signals/jobs.md for the job runners.
package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Value is one of the values of a job runner's queues.
type Value string

const (
	// Latency is the time in seconds that the oldest waiting job has waited since it was due; 0 without waiting jobs.
	Latency Value = "latency"
	// Size is the number of waiting jobs that are due.
	Size Value = "size"
	// Busy is the number of jobs in progress.
	Busy Value = "busy"
)

// Values returns all values, in the order in which people read them.
func Values() []Value { return []Value{Latency, Size, Busy} }

func (v Value) unit() string {
	if v == Latency {
		return "s"
	}
	return "jobs"
}

// A Queue is the state of one queue.
type Queue struct {
	Name string
	// Unknown: the job runner does not have the queue, as far as it can tell.
	Unknown bool
	// Paused: no worker takes its jobs, so they do not count.
	Paused bool
	// Size and Busy are numbers of jobs.
	Size, Busy int64
	// Wait is the time that its oldest waiting job has waited since it was due; 0 without waiting jobs.
	Wait time.Duration
}

// A Backlog is the state of a job runner's queues.
type Backlog struct {
	Queues []Queue
	// Busy is the number of jobs in progress that belong to the queues, but not to a certain one.
	Busy int64
	// Known are the names of all queues of the job runner; nil if it stores no list of them.
	Known []string
}

// Value returns the largest latency, or the sum of the sizes or of the jobs in progress.
func (b Backlog) Value(v Value) float64 {
	var longest time.Duration
	size, busy := int64(0), b.Busy
	for _, q := range b.Queues {
		busy += q.Busy
		if !q.Paused {
			size += q.Size
			longest = max(longest, q.Wait)
		}
	}
	switch v {
	case Latency:
		return longest.Seconds()
	case Size:
		return float64(size)
	}
	return float64(busy)
}

// Notes returns a line for each queue that is paused or does not exist, or one if there are no queues.
func (b Backlog) Notes() []string {
	if len(b.Queues) == 0 {
		return []string{"there are no queues yet, which counts as empty queues. Check the database in the URL"}
	}
	var notes []string
	for _, q := range b.Queues {
		switch {
		case q.Unknown:
			notes = append(notes, fmt.Sprintf("the queue %.100q does not exist, which counts as an empty queue%s",
				q.Name, b.instead()))
		case q.Paused:
			notes = append(notes, fmt.Sprintf("the queue %.100q is paused: its waiting jobs do not count", q.Name))
		}
	}
	return notes
}

const mostListed = 20

func (b Backlog) instead() string {
	if len(b.Known) == 0 || len(b.Known) > mostListed {
		return ". Check its name and the database"
	}
	return fmt.Sprintf(". The queues are %.60q", b.Known)
}

// A Source reads the queues of a job runner.
type Source interface {
	// Backlog returns no later than its deadline or the end of ctx. Its error holds no secret.
	Backlog(ctx context.Context) (Backlog, error)
}

// A Prober is a [probe.Prober] that reads one value of a job runner's queues. It is safe for concurrent use.
//
// The Work of its readings is the number of jobs that wait or are in progress.
type Prober struct {
	source Source
	name   string
	value  Value
}

// New returns a Prober. name is the Signal of the readings. Their Unit is "s" or "jobs".
func New(s Source, name string, v Value) (*Prober, error) {
	if !slices.Contains(Values(), v) {
		return nil, fmt.Errorf("unknown value %.40q: must be latency, size or busy", string(v))
	}
	return &Prober{s, name, v}, nil
}

// Probe reads the queues once. It returns no later than the source.
func (p *Prober) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.value.unit(), Outcome: probe.Answered}
	b, err := p.source.Backlog(ctx)
	if err == nil {
		r.Value, r.Work = b.Value(p.value), b.Value(Size)+b.Value(Busy)
	}
	failure.Note(&r, err)
	return r
}

// Notes returns [Backlog.Notes]; nil if there is no answer.
func (p *Prober) Notes(ctx context.Context) []string {
	b, err := p.source.Backlog(ctx)
	if err != nil {
		return nil
	}
	return b.Notes()
}

// A Runner is a job runner.
type Runner struct {
	// Name is its name in settings, Title its own.
	Name, Title string
	// SQL: it stores its jobs in PostgreSQL, otherwise in Redis.
	SQL bool
	// Default is the queue that is read if none is named; "" means all queues.
	Default string
	// MustName: it stores no list of its queues, so they must be named.
	MustName bool
	// Missing says for each value that the runner does not store why.
	Missing map[Value]string
}

// Runners returns the job runners, in the order in which people read them.
func Runners() []Runner {
	return []Runner{
		{Name: "sidekiq", Title: "Sidekiq"},
		{Name: "rq", Title: "RQ"},
		{
			Name: "celery", Title: "Celery", Default: "celery",
			Missing: map[Value]string{Latency: "Celery stores no time with its tasks"},
		},
		{Name: "bullmq", Title: "BullMQ", MustName: true},
		{
			Name: "resque", Title: "Resque",
			Missing: map[Value]string{Latency: "Resque stores no time with its jobs"},
		},
		{Name: "delayed-job", Title: "Delayed Job", SQL: true},
		{Name: "good-job", Title: "GoodJob", SQL: true},
		{Name: "solid-queue", Title: "Solid Queue", SQL: true},
		{Name: "que", Title: "Que", SQL: true},
		{Name: "river", Title: "River", SQL: true},
		{Name: "graphile-worker", Title: "Graphile Worker", SQL: true},
		{Name: "pg-boss", Title: "pg-boss", SQL: true},
	}
}

// Find returns the runner with the name, which may have any case, hyphens and underscores.
func Find(name string) (Runner, bool) {
	bare := strings.NewReplacer("-", "", "_", "")
	for _, r := range Runners() {
		if strings.EqualFold(bare.Replace(r.Name), bare.Replace(name)) {
			return r, true
		}
	}
	return Runner{}, false
}
