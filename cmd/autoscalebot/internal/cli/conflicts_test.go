//go:build unix

package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var _ conflicter = (*heroku.Platform)(nil)

// maxima makes settings with a table of maxima, in UTC.
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
	return &settings.Settings{Table: table}
}

func TestTheGreatestNumberIsThatOfTheWholeYear(t *testing.T) {
	racetest.Long(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for series, want := range map[string]int{
		"7":                                           7,
		"0:00=3, 9:00=5, 18:00=4":                     5,
		"0:00=3, mon 9:00=9":                          9,
		"0:00=3, 2027-11-20 0:00=30":                  30,
		"0:00=3, 2026-11-20 0:00=30":                  3, // which is over
		"0:00=3, 2027-11-24 0:00=30":                  3, // which is too far off
		"0:00=3, cron(0 9 1 2 *)=8":                   8,
		"cron(*/2 * * * *)=4, cron(1-59/2 * * * *)=5": 5,
	} {
		if got := greatest(maxima(t, series).Table, now); got != want {
			t.Errorf("the greatest of %q is %d, want %d", series, got, want)
		}
	}
}

// looker is a platform whose look for conflicts a test makes.
type looker struct {
	bot.Scaler
	look func(ctx context.Context, most int) (sure, likely []string, err error)
}

func (l looker) Conflicts(ctx context.Context, most int) (sure, likely []string, err error) {
	return l.look(ctx, most)
}

func TestTheStartWarnsOfEachConflictAndWaitsForNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log syncBuffer
		h := host{log: slog.New(slog.NewTextHandler(&log, nil)), now: time.Now()}
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
		for _, want := range []string{`level=WARN msg="in the way of scaling: one"`, `scaling: two"`, `scaling: three"`, "level=INFO", "error=four"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log.String())
			}
		}
	})
}

func TestTheLookForConflictsEndsWithTheBotOrByItself(t *testing.T) {
	for name, wait := range map[string]time.Duration{"with the bot": time.Second, "by itself": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var log syncBuffer
			h := host{log: slog.New(slog.NewTextHandler(&log, nil)), now: time.Now()}
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

func TestCheckTellsConflictsByHowSureTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, size string
		env, want  []string
		code       int
	}{
		{"Heroku's autoscaling", "Performance-M", nil, []string{"formation WRONG Heroku's own autoscaling is on, from 2 to 8 dynos", "1 of these is wrong"}, exitWork},
		{
			"a ceiling that may have been raised", "Private-S",
			[]string{"MAX_DYNOS=0:00=3, mon 9:00=12"},
			[]string{"formation WRONG Heroku's own", "formation note MAX_DYNOS goes up to 12, and Heroku allows 10 Private-S dynos"},
			exitWork,
		},
		{"neither", "Standard-1X", nil, []string{"formation ok", "all is fine"}, exitFine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api, app := herokutest.NewServer(t), newHeart(t)
			forest := dancingForest(app.url, 2)
			forest.Formation[0].Size, forest.Autoscaling = c.size, &herokutest.Autoscaling{On: true, Min: 2, Max: 8}
			api.AddApp(forest)
			o := runOnce(t, append([]string{"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL}, c.env...), "check")
			if o.code != c.code {
				t.Errorf("code %d, want %d", o.code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(words(o.stdout+o.stderr), want) {
					t.Errorf("check does not say %q:\n%s%s", want, o.stdout, o.stderr)
				}
			}
		})
	}
}

func TestRunWarnsOfAConflict(t *testing.T) {
	t.Parallel()
	api, app := herokutest.NewServer(t), newHeart(t)
	forest := dancingForest(app.url, 2)
	forest.Formation[0].Size, forest.Autoscaling = "Performance-M", &herokutest.Autoscaling{On: true, Min: 2, Max: 8}
	api.AddApp(forest)
	b := start(t, []string{api.Key}, "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY="+api.Key, "HEROKU_API_URL="+api.URL)
	b.wait("the warning", func() bool {
		return strings.Contains(b.log.String(), "in the way of scaling: Heroku's own autoscaling is on")
	})
}
