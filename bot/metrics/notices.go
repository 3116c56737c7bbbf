package metrics

import (
	"context"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Targets returns targets that count the notices they deliver, by the target's name.
func (m *Metrics) Targets(targets []notify.Target) []notify.Target {
	counted := make([]notify.Target, len(targets))
	for i, t := range targets {
		one := counting{t.Notifier, m, t.Name}
		if b, ok := t.Notifier.(notify.BatchNotifier); ok {
			t.Notifier = countingBatch{one, b}
		} else {
			t.Notifier = one
		}
		counted[i] = t
	}
	return counted
}

// NoticeFailed counts a notice that a target gave up on. Use it as OnError of [notify.FanoutOptions].
func (m *Metrics) NoticeFailed(target string, _ notify.Event, _ error) {
	m.counters.failures.WithLabelValues(target).Inc()
}

// An err means that they may not have arrived.
func (m *Metrics) arrived(target string, n int, err error) error {
	if err == nil {
		m.counters.notices.WithLabelValues(target).Add(float64(n))
	}
	return err
}

type counting struct {
	notify.Notifier
	m    *Metrics
	name string
}

func (c counting) Notify(ctx context.Context, e notify.Event) error {
	return c.m.arrived(c.name, 1, c.Notifier.Notify(ctx, e))
}

type countingBatch struct {
	counting
	batch notify.BatchNotifier
}

func (c countingBatch) Joins(e notify.Event) bool { return c.batch.Joins(e) }

func (c countingBatch) NotifyAll(ctx context.Context, b notify.Batch) error {
	return c.m.arrived(c.name, len(b), c.batch.NotifyAll(ctx, b))
}
