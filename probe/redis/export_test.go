package redis

import (
	"context"
	"net"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

// Sum logs in at c and sums the queues up.
func (p *Prober) Sum(c net.Conn) (int64, error) {
	w := newWire(c)
	if err := p.login(w); err != nil {
		return 0, err
	}
	return p.sum(w)
}

// At reads the queues as if it were another time.
func (j *Jobs) At(ctx context.Context, now time.Time) (jobs.Backlog, error) { return j.at(ctx, now) }

// Read reads the queues at c.
func (j *Jobs) Read(c net.Conn, now time.Time) (jobs.Backlog, error) {
	w := newWire(c)
	w.longest = maxJob
	return j.read(j, w, now)
}
