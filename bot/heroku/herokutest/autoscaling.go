package herokutest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Autoscaling is Heroku's own autoscaling of an app's web dynos. The fake stores it and does not scale. As on Heroku,
// changing the number of web dynos through the API switches it off.
//
// It belongs to the metrics API, for which Heroku publishes no schema. The form is what Heroku's CLI sends and reads
// for `heroku ps:autoscale:enable` and `ps:autoscale:disable`.
type Autoscaling struct {
	On       bool
	Min, Max int
	// P95 is the target for the 95th percentile of the response time, in milliseconds.
	P95 int
}

// Autoscaling returns an app's autoscaling; the zero value if it was never set up.
func (s *Server) Autoscaling(app string) Autoscaling {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.mustApp(app); a.Autoscaling != nil {
		return *a.Autoscaling
	}
	return Autoscaling{}
}

// Calls of the metrics API do not count in the Platform API's rate limit.
func ofMetrics(path string) bool { return strings.Contains(path, "/formation/web/monitors") }

// nil fields stay unchanged.
type monitorUpdate struct {
	Action string `json:"action_type"`
	On     *bool  `json:"is_active"`
	Min    *int   `json:"min_quantity"`
	Max    *int   `json:"max_quantity"`
	P95    *int   `json:"value"`
}

// id is empty except for a change. The metrics API finds an app only by its ID.
func monitors(a *app, method, appID, id string, body []byte) reply {
	switch {
	case a == nil || a.id() != appID:
		return missing("app", "Couldn't find that app.")
	case method == http.MethodGet && id == "":
		list := []object{}
		if a.Autoscaling != nil {
			list = append(list, a.monitor())
		}
		return reply{value: list}
	}
	u := monitorUpdate{Action: "scale"}
	if err := json.Unmarshal(body, &u); err != nil || u.Action != "scale" {
		return failed(documented(http.StatusBadRequest))
	}
	switch {
	case method == http.MethodPost && id == "":
		a.Autoscaling = &Autoscaling{}
		a.Autoscaling.change(u)
		return reply{value: a.monitor(), status: http.StatusCreated}
	case method == http.MethodPatch && a.Autoscaling != nil && id == a.monitorID():
		a.Autoscaling.change(u)
		return reply{value: a.monitor(), status: http.StatusAccepted}
	}
	return failed(documented(http.StatusNotFound))
}

func (s *Autoscaling) change(u monitorUpdate) {
	if u.On != nil {
		s.On = *u.On
	}
	for _, n := range []struct{ from, to *int }{{u.Min, &s.Min}, {u.Max, &s.Max}, {u.P95, &s.P95}} {
		if n.from != nil {
			*n.to = *n.from
		}
	}
}

func (a *app) monitorID() string { return uuid("monitor", a.Name) }

func (a *app) monitor() object {
	return object{
		"action_type":           "scale",
		"app_id":                a.id(),
		"id":                    a.monitorID(),
		"is_active":             a.Autoscaling.On,
		"max_quantity":          a.Autoscaling.Max,
		"min_quantity":          a.Autoscaling.Min,
		"name":                  "LATENCY_SCALE",
		"notification_channels": []string{},
		"notification_period":   1440,
		"op":                    "GREATER_OR_EQUAL",
		"period":                1,
		"process_type":          "web",
		"value":                 a.Autoscaling.P95,
	}
}
