package heroku_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

var _ bot.MaintenanceReporter = (*heroku.Platform)(nil)

func TestMaintenance(t *testing.T) {
	srv, p := open(t)
	for _, want := range []bool{false, true, true, false} {
		srv.SetMaintenance("my-app", want)
		if on, err := p.Maintenance(t.Context()); on != want || err != nil {
			t.Errorf("Maintenance = %v, %v, want %v", on, err, want)
		}
	}
	mend := srv.Fail(herokutest.Fault{Status: 403, ID: "forbidden", Message: "no"})
	if on, err := p.Maintenance(t.Context()); on || err == nil {
		t.Errorf("while the API fails Maintenance = %v, %v", on, err)
	}
	mend()
}

func TestMaintenanceIsShared(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Maintenance: true})
	a, err := heroku.Open(heroku.Options{App: "my-app", Key: srv.Key, URL: srv.URL})
	must(t, err)
	for _, p := range []*heroku.Platform{scaler(t, a, "web"), scaler(t, a, "worker")} {
		if on, err := p.Maintenance(t.Context()); !on || err != nil {
			t.Errorf("Maintenance = %v, %v", on, err)
		}
	}
	wantRequests(t, srv, 1)
}
