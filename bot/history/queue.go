package history

import "sync"

const (
	queueRows  = 10_000 // 2 h 46 min of heartbeats every second, 83 h of one every 30 s
	queueBytes = 8 << 20
	batchRows  = 500 // per transaction
)

// The oldest row comes first. A full queue drops the oldest row that is not being written.
type queue struct {
	wake chan struct{} // receives when a batch is complete

	mu      sync.Mutex
	rows    []row
	bytes   int
	writing int // number of first rows that are being written
	lost    int
	dropped uint64 // since the start
	closed  bool
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

func (q *queue) push(r row) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	q.rows = append(q.rows, r)
	q.bytes += r.size()
	for len(q.rows) > q.writing+1 && (len(q.rows) > queueRows || q.bytes > queueBytes) {
		q.bytes -= q.rows[q.writing].size()
		copy(q.rows[1:q.writing+1], q.rows[:q.writing])
		q.rows[0] = row{}
		q.rows = q.rows[1:]
		q.lost++
		q.dropped++
	}
	if len(q.rows) >= batchRows {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

func (q *queue) take() []row {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = min(batchRows, len(q.rows))
	return append([]row(nil), q.rows[:q.writing]...)
}

func (q *queue) written(ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if ok {
		for _, r := range q.rows[:q.writing] {
			q.bytes -= r.size()
		}
		clear(q.rows[:q.writing])
		q.rows = q.rows[q.writing:]
		if len(q.rows) == 0 {
			q.rows = nil
		}
	}
	q.writing = 0
}

func (q *queue) backlog() (waiting int, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows), q.dropped
}

// It returns the number of rows lost since the last call.
func (q *queue) forget() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.lost
	q.lost = 0
	return n
}

// It returns the number of rows that were left or dropped.
func (q *queue) close() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	return len(q.rows) + q.lost
}
