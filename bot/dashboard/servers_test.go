package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
)

func TestThePageShowsWhatServersDo(t *testing.T) {
	servers := []dashboard.Server{
		{Name: "web-1", Stage: "serving", Text: "serving, failing 20 s: it answers with status 503"},
		{Name: "web-2", Stage: "checking", Text: "creating: active, waiting for health 40 s"},
		{Name: "<b>web-3", Stage: "down", Text: "down"},
	}
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Servers = func() []dashboard.Server { return servers } })
	shown := func() string {
		_, now, ok := strings.Cut(p.get("/").body, `id="servers-title"`)
		if !ok {
			t.Fatal("the page has no servers")
		}
		now, _, _ = strings.Cut(now, "</section>")
		return text("<h3 " + now)
	}
	for _, want := range []string{"web-1 serving failing 20 s: it answers with status 503", "web-2 checking creating: active, waiting for health 40 s", "&lt;b&gt;web-3 down"} {
		if now := shown(); !strings.Contains(now, want) {
			t.Errorf("the page does not say %q: %s", want, now)
		}
	}
	servers = nil
	if now := shown(); !strings.Contains(now, "no servers") {
		t.Errorf("without servers the page says %s", now)
	}
}

func TestWithoutAPoolThePageTellsOfNoServers(t *testing.T) {
	_, p := enter(t, "", time.Hour)
	if strings.Contains(p.get("/").body, `id="servers`) {
		t.Error("the page has servers")
	}
}

func TestThePageUsesThePlatformsWord(t *testing.T) {
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Unit = "process" })
	body := p.get("/").body
	for _, want := range []string{`<h3 id="dynos-title">Processes</h3>`, `data-one="process" data-many="processes"`, "A process costs $"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	body, _, _ = strings.Cut(body, `id="settings"`)
	if shown := text(body); strings.Contains(strings.ToLower(shown), "dyno") {
		t.Error("the page calls a process a dyno")
	}
}
