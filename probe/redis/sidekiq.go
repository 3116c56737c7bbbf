package redis

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// Sidekiq's keys (lib/sidekiq/api.rb, client.rb and launcher.rb of versions 6, 7 and 8; "paused" is of Sidekiq Pro):
//
//	queues, paused    sets of names
//	queue:NAME        list of jobs in JSON, the oldest at its end
//	schedule, retry   sorted sets of jobs, by the time when they are due
//	processes         set of ids of processes
//	ID                hash of a process: info in JSON, busy; written every 10 s, it expires after 60 s
type sidekiqJob struct {
	Queue string `json:"queue"`
	// Seconds as a fraction up to version 7, milliseconds since version 8.
	EnqueuedAt float64 `json:"enqueued_at"`
	CreatedAt  float64 `json:"created_at"`
}

func readSidekiq(j *Jobs, w *wire, now time.Time) (jobs.Backlog, error) {
	sets, err := members(w, j.prefix+"queues", j.prefix+"paused", j.prefix+"processes")
	if err != nil {
		return jobs.Backlog{}, err
	}
	b := jobs.Backlog{Known: sets[0]}
	if b.Queues, err = j.chosen(sets[0]); err != nil {
		return b, err
	}
	processes := sets[2][:min(len(sets[2]), maxWorkers)]
	later := []string{j.prefix + "schedule", j.prefix + "retry"}
	for i := range b.Queues {
		q := &b.Queues[i]
		q.Paused = slices.Contains(sets[1], q.Name)
		w.say("LLEN", j.prefix+"queue:"+q.Name)
		w.say("LINDEX", j.prefix+"queue:"+q.Name, "-1")
	}
	for _, key := range later {
		w.say("ZRANGEBYSCORE", key, "-inf", score(now), "WITHSCORES", "LIMIT", "0", strconv.Itoa(maxDue))
	}
	for _, id := range processes {
		w.say("HMGET", j.prefix+id, "info", "busy")
	}
	for i := range b.Queues {
		if err := hearSidekiqQueue(w, &b.Queues[i], now); err != nil {
			return b, err
		}
	}
	for range later {
		if err := j.hearSidekiqDue(w, &b, now); err != nil {
			return b, err
		}
	}
	for range processes {
		n, err := j.hearSidekiqProcess(w)
		if err != nil {
			return b, err
		}
		b.Busy += n
	}
	return b, nil
}

func score(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64) }

func hearSidekiqQueue(w *wire, q *jobs.Queue, now time.Time) (err error) {
	if q.Size, err = w.number(); err != nil {
		return err
	}
	oldest, ok, err := w.text()
	if err != nil || !ok {
		return err
	}
	var job sidekiqJob
	if err := json.Unmarshal([]byte(oldest), &job); err != nil {
		return noQueue("the oldest job of a queue is not in Sidekiq's form")
	}
	if at := job.EnqueuedAt; at > 0 {
		q.Wait = since(now, unixOrMilli(at))
	} else if job.CreatedAt > 0 {
		q.Wait = since(now, unixOrMilli(job.CreatedAt))
	}
	return nil
}

// A time in milliseconds is above 1e11 since 1973, and one in seconds not before the year 5138.
func unixOrMilli(x float64) time.Time {
	if x > 1e11 {
		x /= 1000
	}
	return unix(x)
}

// Workers move jobs that are due to their queue. Without a worker nobody does.
func (j *Jobs) hearSidekiqDue(w *wire, b *jobs.Backlog, now time.Time) error {
	pairs, err := w.texts()
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		var job sidekiqJob
		at, wrong := strconv.ParseFloat(pairs[i+1], 64)
		if wrong != nil || json.Unmarshal([]byte(pairs[i]), &job) != nil {
			continue // Sidekiq skips it, too
		}
		if q := j.queue(b, job.Queue); q != nil {
			q.Size++
			q.Wait = max(q.Wait, since(now, unix(at)))
		}
	}
	return nil
}

// Nil if the queue is not to be read. A queue that has only jobs for later is in no list yet.
func (j *Jobs) queue(b *jobs.Backlog, name string) *jobs.Queue {
	i := slices.IndexFunc(b.Queues, func(q jobs.Queue) bool { return q.Name == name })
	if i < 0 {
		if j.queues != nil {
			return nil
		}
		i = len(b.Queues)
		b.Queues = append(b.Queues, jobs.Queue{Name: name})
	}
	b.Queues[i].Unknown = false
	return &b.Queues[i]
}

// The jobs in progress of a process that takes jobs of the queues.
func (j *Jobs) hearSidekiqProcess(w *wire) (int64, error) {
	fields, err := w.texts()
	if err != nil || len(fields) != 2 {
		return 0, err
	}
	var info struct {
		Queues []string `json:"queues"`
	}
	busy, err := strconv.ParseInt(fields[1], 10, 32)
	if err != nil || busy < 0 || json.Unmarshal([]byte(fields[0]), &info) != nil {
		return 0, nil // the process is gone
	}
	if j.queues != nil && info.Queues != nil &&
		!slices.ContainsFunc(info.Queues, func(q string) bool { return slices.Contains(j.queues, q) }) {
		return 0, nil
	}
	return busy, nil
}
