package redis

import (
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// BullMQ's keys after its prefix and the name of the queue (its Lua scripts of versions 5 and 6):
//
//	meta         hash of the queue, with paused
//	wait         list of job ids, the oldest at its end
//	prioritized  sorted set of job ids, by priority
//	delayed      sorted set of job ids, by the time when they are due in milliseconds, times 4096
//	active       list of the jobs in progress
//	ID           hash of a job: timestamp, delay and processedOn in milliseconds
const bullScale = 4096 * 1000

func readBullMQ(j *Jobs, w *wire, now time.Time) (b jobs.Backlog, err error) {
	b.Queues = make([]jobs.Queue, len(j.queues))
	due := strconv.FormatInt((now.UnixMilli()+1)*4096, 10)
	for i, name := range j.queues {
		b.Queues[i].Name = name
		key := j.prefix + name + ":"
		w.say("EXISTS", key+"meta")
		w.say("HEXISTS", key+"meta", "paused")
		w.say("LLEN", key+"wait")
		w.say("ZCARD", key+"prioritized")
		w.say("ZCOUNT", key+"delayed", "-inf", "("+due)
		w.say("LLEN", key+"active")
		w.say("ZRANGE", key+"delayed", "0", "0", "WITHSCORES")
		w.say("LINDEX", key+"wait", "-1")
		w.say("ZRANGE", key+"prioritized", "0", "0")
		w.say("ZRANGE", key+"prioritized", "-1", "-1")
	}
	ids := make([][]string, len(b.Queues))
	for i := range b.Queues {
		if ids[i], err = hearBullMQQueue(w, &b.Queues[i], now); err != nil {
			return b, err
		}
	}
	for i, name := range j.queues {
		for _, id := range ids[i] {
			w.say("HMGET", j.prefix+name+":"+id, "timestamp", "delay", "processedOn")
		}
	}
	for i := range b.Queues {
		for range ids[i] {
			times, err := w.texts()
			if err != nil {
				return b, err
			}
			b.Queues[i].Wait = max(b.Queues[i].Wait, bullWait(times, now))
		}
	}
	return b, nil
}

// The ids are those of jobs that may be the oldest: of the prioritized ones, the first and the last.
func hearBullMQQueue(w *wire, q *jobs.Queue, now time.Time) (ids []string, err error) {
	var numbers [6]int64
	for i := range numbers {
		if numbers[i], err = w.number(); err != nil {
			return nil, err
		}
	}
	q.Unknown, q.Paused = numbers[0] == 0, numbers[1] > 0
	q.Size, q.Busy = numbers[2]+numbers[3]+numbers[4], numbers[5]
	if q.Wait, err = hearDue(w, now, bullScale); err != nil {
		return nil, err
	}
	oldest, ok, err := w.text()
	if err != nil {
		return nil, err
	}
	if ok && !strings.HasPrefix(oldest, "0:") { // a marker of versions before 5
		ids = append(ids, oldest)
	}
	for range 2 {
		prioritized, err := w.texts()
		if err != nil {
			return nil, err
		}
		ids = append(ids, prioritized...)
	}
	return ids, nil
}

// A job waits since it was added or, if it is tried again, since its last try, in both cases after its delay.
func bullWait(times []string, now time.Time) time.Duration {
	if len(times) != 3 {
		return 0
	}
	added, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil {
		return 0 // the job was removed meanwhile
	}
	delay, _ := strconv.ParseInt(times[1], 10, 64)
	tried, _ := strconv.ParseInt(times[2], 10, 64)
	return since(now, time.UnixMilli(max(added, tried)+max(0, delay)))
}
