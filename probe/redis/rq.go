package redis

import (
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// RQ's keys (rq/queue.py, job.py, registry.py, scheduler.py and suspension.py of version 1.13):
//
//	rq:queues          set of the lists' keys
//	rq:queue:NAME      list of job ids, the next one at its beginning
//	rq:job:ID          hash of a job, with enqueued_at
//	rq:scheduled:NAME  sorted set of job ids, by the time when they are due
//	rq:wip:NAME        sorted set of jobs in progress, by the time when they count as lost
//	rq:suspended       exists while all workers are suspended
func readRQ(j *Jobs, w *wire, now time.Time) (jobs.Backlog, error) {
	sets, err := members(w, "rq:queues")
	if err != nil {
		return jobs.Backlog{}, err
	}
	b := jobs.Backlog{}
	for _, key := range sets[0] {
		b.Known = append(b.Known, strings.TrimPrefix(key, "rq:queue:"))
	}
	if b.Queues, err = j.chosen(b.Known); err != nil {
		return b, err
	}
	w.say("EXISTS", "rq:suspended")
	for _, q := range b.Queues {
		w.say("LLEN", "rq:queue:"+q.Name)
		w.say("ZCOUNT", "rq:scheduled:"+q.Name, "-inf", score(now))
		w.say("ZCOUNT", "rq:wip:"+q.Name, score(now), "+inf")
		w.say("ZRANGE", "rq:scheduled:"+q.Name, "0", "0", "WITHSCORES")
		w.say("LRANGE", "rq:queue:"+q.Name, "0", "9") // the first may be newer, with at_front
	}
	suspended, err := w.number()
	if err != nil {
		return b, err
	}
	ids := make([][]string, len(b.Queues))
	for i := range b.Queues {
		b.Queues[i].Paused = suspended > 0
		if ids[i], err = hearRQQueue(w, &b.Queues[i], now); err != nil {
			return b, err
		}
	}
	for i := range b.Queues {
		for _, id := range ids[i] {
			w.say("HGET", "rq:job:"+id, "enqueued_at")
		}
	}
	for i := range b.Queues {
		for range ids[i] {
			at, _, err := w.text()
			if err != nil {
				return b, err
			}
			if t, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", at); err == nil {
				b.Queues[i].Wait = max(b.Queues[i].Wait, since(now, t))
			}
		}
	}
	return b, nil
}

func hearRQQueue(w *wire, q *jobs.Queue, now time.Time) (ids []string, err error) {
	waiting, err := w.number()
	if err != nil {
		return nil, err
	}
	due, err := w.number()
	if err != nil {
		return nil, err
	}
	q.Size = waiting + due
	if q.Busy, err = w.number(); err != nil {
		return nil, err
	}
	if q.Wait, err = hearDue(w, now, 1); err != nil {
		return nil, err
	}
	return w.texts()
}

// The wait of the first member of a sorted set whose scores are times in seconds, multiplied by scale.
func hearDue(w *wire, now time.Time, scale float64) (time.Duration, error) {
	pair, err := w.texts()
	if err != nil || len(pair) != 2 {
		return 0, err
	}
	at, err := strconv.ParseFloat(pair[1], 64)
	if err != nil {
		return 0, errProtocol
	}
	return since(now, unix(at/scale)), nil
}
