package herokutest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func ask(t *testing.T, srv *herokutest.Server, method, path string) (status int, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+srv.Key)
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func TestDynosRestartAndStop(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 1}}})
	srv.HoldBoots()
	for _, c := range []struct {
		call, starting string
		status         int
	}{
		{"DELETE /apps/my-app/dynos/web.2", "web.2", 202},
		{"POST /apps/my-app/dynos/worker.1/actions/stop", "worker.1", 202},
		{"DELETE /apps/my-app/formations/web", "web.1 web.2", 202},
		{"DELETE /apps/my-app/dynos/web", "web.1 web.2", 202}, // as heroku ps:restart web has it
		{"POST /apps/my-app/formations/worker/actions/stop", "worker.1", 202},
		{"DELETE /apps/my-app/dynos", "web.1 web.2 worker.1", 202},
		{"DELETE /apps/my-app/dynos/web.3", "", 404},
		{"DELETE /apps/my-app/formations/clock", "", 404},
		{"DELETE /apps/no-app/dynos", "", 404},
		{"POST /apps/my-app/dynos/web.1/actions/dance", "", 404},
		{"DELETE /apps/my-app/formations", "", 404},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		if status, answer := ask(t, srv, method, path); status != c.status {
			t.Errorf("%s answers %d, %v, want %d", c.call, status, answer, c.status)
		}
		_, dynos := ask(t, srv, http.MethodGet, "/apps/my-app/dynos")
		var starting []string
		for _, d := range dynos.([]any) {
			if d := d.(map[string]any); d["state"] == "starting" {
				starting = append(starting, fmt.Sprint(d["name"]))
			}
		}
		if strings.Join(starting, " ") != c.starting {
			t.Errorf("after %s these start: %v, want %s", c.call, starting, c.starting)
		}
		srv.Boot("my-app", "web")
		srv.Boot("my-app", "worker")
	}
	if web := srv.Quantity("my-app", "web"); web != 2 {
		t.Errorf("there are %d web dynos", web)
	}
}

func TestAppsAreListed(t *testing.T) {
	srv := herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", WebURL: "http://127.0.0.1:1/"})
	srv.AddApp(herokutest.App{Name: "your-app"})
	for _, path := range []string{"/apps", "/users/~/apps"} {
		status, answer := ask(t, srv, http.MethodGet, path)
		if text := fmt.Sprint(answer); status != 200 || len(answer.([]any)) != 2 || !strings.Contains(text, "name:my-app") || !strings.Contains(text, "name:your-app") {
			t.Errorf("%s answers %d, %v", path, status, answer)
		}
	}
}
