package schedule_test

import (
	"strings"
	"testing"
	"time"
)

var tables = []struct{ name, min, max string }{ // from the simplest to the slowest
	{"fixed", "1", "3"},
	{"3 rows", "1", "0:00=2, 9:00=5, 17:00=2"},
	{"20 rows", "1", "0:00=2, mon-fri 7:00=3, mon-fri 9:00=5, mon-fri 12:00=6, mon-fri 14:00=5, mon-fri 17:00=3, mon-fri 20:00=2," +
		"sat,sun 8:00=2, sat,sun 10:00=3, sat,sun 18:00=2, cron(30 8 1 * *)=7, cron(45 8-17 15 * *)=8, cron(5 0 * * MON)=1, cron(0 1 1 1 *)=1," +
		"2026-12-24..2026-12-26 0:00=2, 2026-12-31 0:00=3, 2026-12-31 18:00=9, 2027-01-01 3:00=2, 2027-04-02 0:00=2, 2027-04-05 0:00=2"},
	{"leap days only", "1", "cron(0 0 29 2 *)=2, cron(0 12 29 2 *)=3"},
}

func TestAtAllocatesNothing(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range tables {
		tab := table(t, tt.min, tt.max, "Europe/Berlin")
		if n := testing.AllocsPerRun(100, func() { tab.At(now) }); n != 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
}

func BenchmarkAt(b *testing.B) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range tables {
		tab := table(b, tt.min, tt.max, "Europe/Berlin")
		b.Run(strings.ReplaceAll(tt.name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tab.At(now)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, tt := range tables {
		b.Run(strings.ReplaceAll(tt.name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				table(b, tt.min, tt.max, "Europe/Berlin")
			}
		})
	}
}
