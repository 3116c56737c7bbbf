package redis

import (
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// Celery's keys (kombu/transport/redis.py of version 5.2):
//
//	NAME, NAME\x06\x16P    lists of tasks without a priority, and of those with the priority P, 1 to 9
//	_kombu.binding.NAME    exists for a queue that was declared
//	unacked                hash of the tasks that workers have received and not acknowledged, of all queues
func readCelery(j *Jobs, w *wire, _ time.Time) (jobs.Backlog, error) {
	const lists = 10
	b := jobs.Backlog{Queues: make([]jobs.Queue, len(j.queues))}
	for i, name := range j.queues {
		b.Queues[i].Name = name
		w.say("EXISTS", j.prefix+"_kombu.binding."+name)
		w.say("LLEN", j.prefix+name)
		for priority := 1; priority < lists; priority++ {
			w.say("LLEN", j.prefix+name+"\x06\x16"+strconv.Itoa(priority))
		}
	}
	w.say("HLEN", j.prefix+"unacked")
	for i := range b.Queues {
		q := &b.Queues[i]
		declared, err := w.number()
		if err != nil {
			return b, err
		}
		for range lists {
			n, err := w.number()
			if err != nil {
				return b, err
			}
			q.Size += n
		}
		q.Unknown = declared == 0 && q.Size == 0
	}
	var err error
	b.Busy, err = w.number()
	return b, err
}
