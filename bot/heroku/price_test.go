package heroku_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func TestPrice(t *testing.T) {
	srv := herokutest.NewServer(t)
	for name, size := range map[string]string{"one": "Standard-2X", "two": "Performance-L", "three": "Private-S"} {
		srv.AddApp(herokutest.App{Name: name, Formation: []herokutest.Process{{Type: "web", Quantity: 1, Size: size}}})
	}
	price := func(app string) (float64, error) {
		return platform(t, heroku.Options{App: app, Key: srv.Key, URL: srv.URL}).Price(t.Context())
	}
	for app, want := range map[string]float64{"one": 50, "two": 500} {
		if got, err := price(app); err != nil || got != want {
			t.Errorf("the price of %s's dynos is $%g, %v, want $%g", app, got, err, want)
		}
	}
	if _, err := price("three"); err == nil || !strings.Contains(err.Error(), `"Private-S" is unknown`) || !strings.Contains(err.Error(), "DYNO_PRICE_PER_MONTH") {
		t.Errorf("an unknown size: %v", err)
	}
	if _, err := price("four"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an unknown app: %v", err)
	}
}
