package bot_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestLogHasALineForEachTick(t *testing.T) {
	for _, c := range []struct {
		name  string
		dynos int
		beats []probe.Reading
		want  string
	}{
		{"a hold", 2, times(1, right), `level=INFO msg="held at 2: 500 ms is ok (between 200 and 1000 ms)" app=dancing-forest process_type=web min=1 max=3 verdict=ok response_time_ms=500 status=200 quota=4321`},
		{"a change", 2, times(3, slow), `level=INFO msg="scaled 2 → 3: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms)" app=dancing-forest process_type=web min=1 max=3 verdict=slow response_time_ms=1500 status=200 quota=4321`},
		{"what people should look at", 3, times(3, slow), `level=WARN msg="held at 3: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 4, but the maximum is 3" app=dancing-forest process_type=web min=1 max=3 verdict=slow response_time_ms=1500 status=200 quota=4321`},
		{"blind", 2, times(1, noData), `level=WARN msg="held at 2: no data: unreachable: connection refused by 127.0.0.1:5000" app=dancing-forest process_type=web min=1 max=3 verdict="no data" response_time_ms=7 quota=4321`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			noTime := func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: noTime}))
			w := newWorld(c.dynos, func(o *bot.Options) { o.Recorders = []record.Recorder{record.LogTo(log, 0)} })
			w.beat(c.beats...)
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != len(c.beats) {
				t.Errorf("%d lines for %d ticks", len(lines), len(c.beats))
			}
			if got := lines[len(lines)-1]; got != c.want {
				t.Errorf("the last line is\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLogTellsWhatChangedAndASummary(t *testing.T) {
	var out bytes.Buffer
	w := newWorld(2, func(o *bot.Options) {
		o.Recorders = []record.Recorder{record.LogTo(slog.New(slog.NewTextHandler(&out, nil)), 10*time.Minute)}
	})
	for _, c := range []struct {
		name  string
		beats []probe.Reading
		want  []string
	}{
		{"the first", times(1, right), []string{"held at 2: 500 ms is ok"}},
		{"nothing new", times(19, right), nil},
		{"a summary every 10 minutes", times(10, right), []string{"held at 2: 500 ms is ok"}},
		{"on the way up", times(2, slow), nil},
		{"a change", times(1, slow), []string{"scaled 2 → 3"}},
		{"another rule", times(1, right), []string{"held at 3: 500 ms is ok"}},
		{"blind, once", times(2, noData), []string{"level=WARN msg=\"held at 3: no data"}},
		{"and in the summary", times(20, noData), []string{"level=WARN msg=\"held at 3: no data"}},
	} {
		out.Reset()
		w.beat(c.beats...)
		got := strings.Count(out.String(), "\n")
		if got != len(c.want) {
			t.Errorf("%s: %d lines, want %d:\n%s", c.name, got, len(c.want), out.String())
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no line says %q:\n%s", c.name, want, out.String())
			}
		}
	}
}

func TestWhatOnlyWaitsIsNoWarning(t *testing.T) {
	var out bytes.Buffer
	w := with(2, func(p *decide.Policy) { p.CooldownUp = time.Hour }, record.LogTo(slog.New(slog.NewTextHandler(&out, nil)), 0))
	w.beat(times(9, slow)...)
	if strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "the cooldown has") {
		t.Errorf("a cooldown was logged as\n%s", out.String())
	}
}
