package schedule_test

import (
	"strings"
	"testing"
	"time"
)

func TestWeek(t *testing.T) {
	for _, tt := range []struct{ name, min, max, want string }{
		{"fixed", "1", "3", "always 1–3"},
		{"fixed, with one number", "2", "2", "always 2"},
		{"every day", "0:00=1, 9:00=3, 17:00=1", "0:00=2, 9:00=8, 17:00=2", `
Dynos by the hour from Wed 16 Dec 2026, in America/New_York

              0     3     6     9     12    15    18    21    24
every day max ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂████████████████▂▂▂▂▂▂▂▂▂▂▂▂▂▂
          min ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▁▁▁▁▁▁▁▁▁▁▁▁▁▁
              0:00 1–2  ·  9:00 3–8  ·  17:00 1–2`},
		{
			"weekdays, zeros and dates",
			"0:00=0, mon-fri 8:00=2, mon-fri 18:30=1, sat,sun 0:00=0",
			"0:00=3, mon-fri 9:00=8, mon-fri 17:00=3, 2026-12-24..2026-12-26 0:00=4, 2026-12-31 18:00=12",
			`
Dynos by the hour from Wed 16 Dec 2026, in America/New_York

             0     3     6     9     12    15    18    21    24
Tue–Fri  max ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃████████████████▃▃▃▃▃▃▃▃▃▃▃▃▃▃
         min ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁
             0:00 1–3  ·  8:00 2–3  ·  9:00 2–8  ·  17:00 2–3  ·  18:30 1–3

Sat, Sun max ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃
         min ················································
             all day 0–3

Mon      max ▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃████████████████▃▃▃▃▃▃▃▃▃▃▃▃▃▃
         min ················▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁
             0:00 0–3  ·  8:00 2–3  ·  9:00 2–8  ·  17:00 2–3  ·  18:30 1–3

Other days until Sat 13 Feb
  Thu 24 Dec – Fri 25 Dec  0:00 1–4  ·  8:00 2–4  ·  18:30 1–4
  Sat 26 Dec               all day 0–4
  Thu 31 Dec               0:00 1–3  ·  8:00 2–3  ·  18:00 2–12  ·  18:30 1–12
  Fri 1 Jan                0:00 1–12  ·  8:00 2–12  ·  9:00 2–8  ·  17:00 2–3
                           18:30 1–3`,
		},
		{"many steps, the highest of each half hour", "0:00=1, 13:05=2, 13:10=1", "cron(*/30 * * * *)=2, cron(15,45 12 * * *)=8, cron(20 * * * *)=1", `
Dynos by the hour from Wed 16 Dec 2026, in America/New_York

              0     3     6     9     12    15    18    21    24
every day max ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂██▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂
          min ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
              0:00 1–2  ·  0:20 1  ·  0:30 1–2  ·  1:20 1  ·  1:30 1–2
              2:20 1  ·  2:30 1–2  ·  3:20 1  ·  3:30 1–2  ·  4:20 1
              4:30 1–2  ·  5:20 1  ·  5:30 1–2  ·  6:20 1  ·  6:30 1–2
              7:20 1  ·  7:30 1–2  ·  8:20 1  ·  8:30 1–2  ·  9:20 1
              9:30 1–2  ·  10:20 1  ·  10:30 1–2  ·  11:20 1  ·  and 30 more`},
		{"a date today", "1", "0:00=2, 2026-12-16..2026-12-18 0:00=4", `
Dynos by the hour from Wed 16 Dec 2026, in America/New_York

            0     3     6     9     12    15    18    21    24
Wed–Fri max ████████████████████████████████████████████████
        min ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂
            all day 1–4

Sat–Tue max ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
        min ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂
            all day 1–2

Other days until Sat 13 Feb
  Wed 16 Dec – Fri 18 Dec  all day 1–4`},
		{"the first of each month", "1", "0:00=2, cron(0 0 1 * *)=5", `
Dynos by the hour from Wed 16 Dec 2026, in America/New_York

              0     3     6     9     12    15    18    21    24
every day max ████████████████████████████████████████████████
          min ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
              all day 1–2

Other days until Sat 13 Feb
  Fri 1 Jan                all day 1–5
  Mon 1 Feb                all day 1–5`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2026, 12, 17, 4, 0, 0, 0, time.UTC) // Still Wednesday in New York.
			got := table(t, tt.min, tt.max, "America/New_York").Week(now)
			if want := strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
