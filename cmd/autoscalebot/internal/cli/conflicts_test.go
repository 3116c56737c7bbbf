//go:build unix

package cli

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestCheckTellsConflictsByHowSureTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, size string
		env, want  []string
		code       int
	}{
		{"Heroku's autoscaling", "Performance-M", nil, []string{"formation WRONG Heroku's own autoscaling is on, from 2 to 8 dynos", "1 check failed"}, exitWork},
		{
			"a ceiling that may have been raised", "Private-S",
			[]string{"MAX_DYNOS=0:00=3, mon 9:00=12"},
			[]string{"formation WRONG Heroku's own", "formation note MAX_DYNOS goes up to 12, but Heroku allows 10 Private-S dynos"},
			exitWork,
		},
		{
			"the same by the other name of the maximum", "Private-S",
			[]string{"AUTOSCALE_MAX_INSTANCES=12"},
			[]string{"formation note MAX_INSTANCES goes up to 12, but Heroku allows 10 Private-S dynos", "Lower MAX_INSTANCES"},
			exitWork,
		},
		{"neither", "Standard-1X", nil, []string{"formation ok", "all checks passed"}, exitFine},
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
				if !strings.Contains(oneSpaced(o.stdout+o.stderr), want) {
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
		return strings.Contains(b.log.String(), "obstacle to scaling: Heroku's own autoscaling is on")
	})
}
