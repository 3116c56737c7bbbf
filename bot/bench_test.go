package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func BenchmarkTick(b *testing.B) {
	w := newWorld(2)
	now := noon
	readings := []probe.Reading{right, slow, fast, right, fast}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		w.heart.next = readings[i%len(readings)]
		now = now.Add(30 * time.Second)
		w.Tick(context.Background(), now)
		i++
	}
}

// 1,000,000 heartbeats on virtual time are 347 days, with a schedule of limits.
func BenchmarkMillionTicks(b *testing.B) {
	least, err := schedule.Parse("0:00=1, mon-fri 8:00=3, mon-fri 18:00=1")
	if err != nil {
		b.Fatal(err)
	}
	table, err := schedule.New(least, schedule.Fixed(6), time.UTC)
	if err != nil {
		b.Fatal(err)
	}
	readings := []probe.Reading{right, slow, slow, slow, right, fast, fast, fast, fast, fast}
	for b.Loop() {
		w := newWorld(2, func(o *bot.Options) { o.Schedule, o.Prompt = table, true })
		for i := range 1_000_000 {
			w.heart.next = readings[i%len(readings)]
			w.Tick(context.Background(), noon.Add(time.Duration(i)*30*time.Second))
			w.inbox.events = w.inbox.events[:0]
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/million")
}
