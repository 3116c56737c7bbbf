package service

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var (
	_ conflicter = (*heroku.Platform)(nil)
	_ conflicter = (*cloudfoundry.Platform)(nil)
)

func maxima(t *testing.T, series string) *settings.Settings {
	t.Helper()
	most, err := schedule.Parse(series)
	if err != nil {
		t.Fatal(err)
	}
	table, err := schedule.New(schedule.Fixed(1), most, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &settings.Settings{Limits: settings.Limits{Table: table}}
}

func TestTheGreatestNumberIsThatOfTheWholeYear(t *testing.T) {
	racetest.Long(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for series, want := range map[string]int{
		"7":                                           7,
		"0:00=3, 9:00=5, 18:00=4":                     5,
		"0:00=3, mon 9:00=9":                          9,
		"0:00=3, 2027-11-20 0:00=30":                  30,
		"0:00=3, 2026-11-20 0:00=30":                  3, // in the past
		"0:00=3, 2027-11-24 0:00=30":                  3, // too far in the future
		"0:00=3, cron(0 9 1 2 *)=8":                   8,
		"cron(*/2 * * * *)=4, cron(1-59/2 * * * *)=5": 5,
	} {
		if got := Greatest(maxima(t, series).Table, now); got != want {
			t.Errorf("the greatest of %q is %d, want %d", series, got, want)
		}
	}
}

// A looker is a platform whose search for conflicts is the test's function.
type looker struct {
	bot.Scaler
	look func(ctx context.Context, most int) (sure, likely []string, err error)
}

func (l looker) Conflicts(ctx context.Context, most int) (sure, likely []string, err error) {
	return l.look(ctx, most)
}

func TestTheStartWarnsOfEachConflictAndWaitsForNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logtest.Buffer
		h := Host{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now()}
		s := maxima(t, "0:00=3, 9:00=12")
		end := warnOfConflicts(t.Context(), looker{look: func(_ context.Context, most int) (sure, likely []string, err error) {
			time.Sleep(30 * time.Second) // a slow API
			if most != 12 {
				t.Errorf("asked for %d dynos, want 12", most)
			}
			return []string{"one"}, []string{"two", "three"}, errors.New("four")
		}}, s, h)
		if log.String() != "" {
			t.Errorf("before the API has answered there is a log:\n%s", log.String())
		}
		time.Sleep(31 * time.Second)
		end()
		for _, want := range []string{`level=WARN msg="obstacle to scaling: one"`, `scaling: two"`, `scaling: three"`, "level=INFO", "error=four"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log.String())
			}
		}
	})
}

func TestTheLookForConflictsEndsWithTheBotOrByItself(t *testing.T) {
	for name, wait := range map[string]time.Duration{"with the bot": time.Second, "by itself": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var log logtest.Buffer
			h := Host{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now()}
			begin := time.Now()
			var took time.Duration
			end := warnOfConflicts(t.Context(), looker{look: func(ctx context.Context, _ int) (sure, likely []string, err error) {
				<-ctx.Done()
				took = time.Since(begin)
				return nil, nil, ctx.Err()
			}}, maxima(t, "3"), h)
			time.Sleep(wait)
			end()
			if want := min(wait, lookTime); took != want || log.String() != "" {
				t.Errorf("%s: it took %v, want %v, and the log is %q", name, took, want, log.String())
			}
		})
	}
}
