package redis

import (
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// Resque's keys after its namespace (lib/resque/data_store.rb and worker.rb of version 3.0):
//
//	queues, workers  sets: names of queues, and ids HOST:PID:QUEUE,QUEUE of workers
//	queue:NAME       list of jobs
//	worker:ID        exists while the worker has a job
func readResque(j *Jobs, w *wire, _ time.Time) (jobs.Backlog, error) {
	sets, err := members(w, j.prefix+"queues", j.prefix+"workers")
	if err != nil {
		return jobs.Backlog{}, err
	}
	b := jobs.Backlog{Known: sets[0]}
	if b.Queues, err = j.chosen(sets[0]); err != nil {
		return b, err
	}
	workers := slices.DeleteFunc(sets[1][:min(len(sets[1]), maxWorkers)], func(id string) bool {
		return j.queues != nil && !takesResque(id, j.queues)
	})
	for _, q := range b.Queues {
		w.say("LLEN", j.prefix+"queue:"+q.Name)
	}
	for _, id := range workers {
		w.say("EXISTS", j.prefix+"worker:"+id)
	}
	for i := range b.Queues {
		if b.Queues[i].Size, err = w.number(); err != nil {
			return b, err
		}
	}
	for range workers {
		n, err := w.number()
		if err != nil {
			return b, err
		}
		b.Busy += n
	}
	return b, nil
}

// A worker's queues may be patterns: any with a * counts as one that takes all.
func takesResque(id string, queues []string) bool {
	parts := strings.SplitN(id, ":", 3)
	own := strings.Split(parts[len(parts)-1], ",")
	return slices.ContainsFunc(own, func(q string) bool {
		return strings.Contains(q, "*") || slices.Contains(queues, q)
	})
}
