package history_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
)

func benchPlaces(b *testing.B, bench func(b *testing.B, l lab)) {
	b.Run("memory", func(b *testing.B) { bench(b, lab{url: "memory"}) })
	b.Run("sqlite", func(b *testing.B) { bench(b, sqliteLab(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, postgresLab(b)) })
}

// A heartbeat waits while its record is packed and queued.
func BenchmarkRecord(b *testing.B) {
	db := lab{url: "memory"}.open(b)
	all := beats(noon, time.Second, 1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := db.Record(context.Background(), all[i%len(all)]); err != nil {
			b.Fatal(err)
		}
	}
}

// A tick waits for this before it asks the platform for a change.
func BenchmarkRemember(b *testing.B) {
	benchPlaces(b, func(b *testing.B, l lab) {
		db := l.open(b)
		m := bot.Memory{State: decide.State{Begun: noon, Known: true, Dynos: 2, BootState: decide.BootState{Boots: []float64{10, 12, 11}}}}
		for b.Loop() {
			m.State.Slow++
			if err := db.Remember(m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Records of an export, including their points.
func BenchmarkInsert(b *testing.B) {
	benchPlaces(b, func(b *testing.B, l lab) {
		db := l.open(b)
		all := beats(noon, time.Second, 5000)
		shift := time.Duration(0)
		for b.Loop() {
			for i := range all {
				all[i].Time = all[i].Time.Add(shift)
			}
			shift = 5000 * time.Second
			if n, err := db.Import(context.Background(), given(all, nil)); n != len(all) || err != nil {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.N)*float64(len(all))/b.Elapsed().Seconds(), "records/s")
	})
}

// A day of heartbeats on the disk, flushed one by one as in a running bot.
func BenchmarkDayOnDisk(b *testing.B) {
	for _, interval := range []time.Duration{30 * time.Second, time.Second} {
		b.Run(interval.String(), func(b *testing.B) {
			for b.Loop() {
				dir := b.TempDir()
				db := lab{url: "sqlite:" + filepath.Join(dir, "h.db")}.open(b)
				n := int(24 * time.Hour / interval)
				if taken, err := db.Import(context.Background(), given(beats(noon, interval, n), nil)); taken != n || err != nil {
					b.Fatal(taken, err)
				}
				shut(b, db)
				info, err := os.Stat(filepath.Join(dir, "h.db"))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size()), "bytes/day")
				b.ReportMetric(float64(info.Size())/float64(n), "bytes/record")
			}
		})
	}
}

// 90 days of a heartbeat a second, the last 7 with records, queried as the page does.
func BenchmarkRead(b *testing.B) {
	for name, where := range map[string]func(testing.TB) lab{"sqlite": sqliteLab, "postgres": postgresLab} {
		b.Run(name, func(b *testing.B) {
			l := where(b)
			db := l.open(b)
			end := ninetyDays(b, l, db)
			for _, span := range []time.Duration{time.Hour, 8 * time.Hour, day, 7 * day, 20 * day, 90 * day} {
				b.Run(span.String(), func(b *testing.B) {
					n := 0
					for b.Loop() {
						n = len(points(b, db, end.Add(-span), end, 1000).Points)
					}
					b.ReportMetric(float64(n), "points")
				})
			}
			for name, q := range map[string]history.Query{
				"newest": {}, "changed": {Changed: true}, "slow": {Verdict: decide.Slow}, "of a rule that never spoke": {Rule: decide.RuleOffline},
			} {
				b.Run(name, func(b *testing.B) {
					n := 0
					for b.Loop() {
						n = len(records(b, db, q))
					}
					b.ReportMetric(float64(n), "records")
				})
			}
		})
	}
}

const day = 24 * time.Hour

// It copies a day of records, and returns the end of that day.
func ninetyDays(b *testing.B, l lab, db *history.DB) time.Time {
	b.Helper()
	begin := noon.Truncate(day)
	if _, err := db.Import(context.Background(), given(beats(begin, time.Second, 86_400), nil)); err != nil {
		b.Fatal(err)
	}
	raw := l.raw(b)
	defer raw.Close()
	for _, c := range []struct {
		table, rest string
		days        int
	}{
		{"autoscalebot_records", "verdict, rule, changed, ups, downs, response_ms, low_ms, high_ms, dynos, dyno_seconds, seconds, min_dynos, max_dynos, body", 7},
		{"autoscalebot_points", "step, newest, heartbeats, slow, fast, no_data, ups, downs, response_max_ms, low_ms, high_ms, dynos, dyno_seconds, " +
			"min_dynos, max_dynos, response_times", 90},
	} {
		for i := range c.days - 1 {
			if _, err := raw.Exec(fmt.Sprintf("insert into %[1]s (bot, at, %[2]s) select bot, at - %[3]d, %[2]s from %[1]s where at >= %[4]d",
				c.table, c.rest, int64(day)*int64(i+1), begin.UnixNano())); err != nil {
				b.Fatal(err)
			}
		}
	}
	if _, err := raw.Exec("analyze"); err != nil { // PostgreSQL does that itself
		b.Fatal(err)
	}
	return begin.Add(day)
}
