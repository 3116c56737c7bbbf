package herokutest_test

import (
	"encoding/json"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

func monitored(t *testing.T, auto *herokutest.Autoscaling) (srv *herokutest.Server, path string) {
	t.Helper()
	srv = herokutest.NewServer(t)
	srv.AddApp(herokutest.App{Name: "my-app", Autoscaling: auto, Formation: []herokutest.Process{
		{Type: "web", Quantity: 2, Size: "Performance-M"}, {Type: "mail", Quantity: 1},
	}})
	var app struct{ ID string }
	must(t, json.Unmarshal([]byte(call(t.Context(), srv, "GET", "/apps/my-app", "").body), &app))
	return srv, "/apps/" + app.ID + "/formation/web/monitors"
}

func TestAutoscalingIsSetUpAndChanged(t *testing.T) {
	srv, path := monitored(t, nil)
	const setUp = `{"action_type":"scale","is_active":true,"min_quantity":2,"max_quantity":8,"value":800,"period":1,"op":"GREATER_OR_EQUAL","name":"LATENCY_SCALE"}`
	for _, c := range []struct {
		method, path, body string
		status             int
		want               herokutest.Autoscaling
	}{
		{"GET", path, "", 200, herokutest.Autoscaling{}},
		{"PATCH", path + "/0", `{"is_active":true}`, 404, herokutest.Autoscaling{}},
		{"POST", path, `{"action_type":"alert"}`, 400, herokutest.Autoscaling{}},
		{"POST", path, `[`, 400, herokutest.Autoscaling{}},
		{"POST", "/apps/my-app/formation/web/monitors", setUp, 404, herokutest.Autoscaling{}}, // which knows ids only
		{"POST", path, setUp, 201, herokutest.Autoscaling{On: true, Min: 2, Max: 8, P95: 800}},
		{"PATCH", path + "/0", `{"is_active":false}`, 404, herokutest.Autoscaling{On: true, Min: 2, Max: 8, P95: 800}},
		{"DELETE", path, "", 400, herokutest.Autoscaling{On: true, Min: 2, Max: 8, P95: 800}},
	} {
		got := call(t.Context(), srv, c.method, c.path, c.body)
		if got.status != c.status || srv.Autoscaling("my-app") != c.want {
			t.Errorf("%s %s %s: %d %s, then %+v, want %d, %+v", c.method, c.path, c.body, got.status, got.body, srv.Autoscaling("my-app"), c.status, c.want)
		}
		if got.header.Get("RateLimit-Remaining") != "" {
			t.Errorf("%s %s tells the Platform API's rate limit", c.method, c.path)
		}
	}
	var list []struct{ ID string }
	if err := json.Unmarshal([]byte(call(t.Context(), srv, "GET", path, "").body), &list); err != nil || len(list) != 1 {
		t.Fatalf("%d monitors, %v", len(list), err)
	}
	got := call(t.Context(), srv, "PATCH", path+"/"+list[0].ID, `{"is_active":false,"max_quantity":9}`)
	if want := (herokutest.Autoscaling{Min: 2, Max: 9, P95: 800}); got.status != 202 || srv.Autoscaling("my-app") != want {
		t.Errorf("%d %s, then %+v, want %+v", got.status, got.body, srv.Autoscaling("my-app"), want)
	}
	srv.SetRemaining(0)
	if got := call(t.Context(), srv, "GET", path, ""); got.status != 200 {
		t.Errorf("without a call of the Platform API left: %d %s", got.status, got.body)
	}
	if !panics(func() { srv.Autoscaling("other") }) {
		t.Error("the autoscaling of no app does not panic")
	}
}

func TestChangingTheNumberOfWebDynosSwitchesAutoscalingOff(t *testing.T) {
	for body, on := range map[string]bool{
		`{"updates":[{"type":"mail","quantity":3}]}`:          true,
		`{"updates":[{"type":"web","size":"Performance-L"}]}`: true,
		`{"updates":[{"type":"web","quantity":11}]}`:          true, // which is refused
		`{"updates":[{"type":"web","quantity":3}]}`:           false,
	} {
		given := herokutest.Autoscaling{On: true, Min: 1, Max: 5}
		srv, _ := monitored(t, &given)
		call(t.Context(), srv, "PATCH", "/apps/my-app/formation", body)
		if got := srv.Autoscaling("my-app").On; got != on || !given.On {
			t.Errorf("after %s on is %v, want %v; what was given is %+v", body, got, on, given)
		}
	}
}
