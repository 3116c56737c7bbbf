package settings_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// The demo needs the dashboard's settings, and ignores mistakes in others.
func TestLoadPage(t *testing.T) {
	settingstest.Env(t, "DASHBOARD_ADDR=0.0.0.0:8080", "DASHBOARD_PASSWORD=correct horse", "MAX_DYNOS=many")
	s, err := settings.LoadPage()
	if err != nil || s.PageAddr() != "0.0.0.0:8080" || s.DashboardPassword.Reveal() != "correct horse" {
		t.Errorf("%+v, %v", s, err)
	}
	settingstest.Env(t, "DASHBOARD_ADDR=0.0.0.0:8080")
	if _, err := settings.LoadPage(); err == nil || !strings.Contains(err.Error(), "open to other machines without a password") {
		t.Errorf("an open page gave %v", err)
	}
}
