package herokutest

import (
	"encoding/json"
	"net/http"
)

// `heroku maintenance:on` sends this.
func (s *Server) changeApp(a *app, name string, body []byte) reply {
	var change struct {
		Maintenance *bool `json:"maintenance"`
	}
	err := s.schemas.checkRequest("app update", body)
	if err == nil {
		err = json.Unmarshal(body, &change)
	}
	if err != nil {
		return s.breaksSchema("/apps/"+name, body, err)
	}
	switch {
	case a == nil:
		return missing("app", "Couldn't find that app.")
	case change.Maintenance != nil:
		a.Maintenance = *change.Maintenance
	}
	return s.appReply(a)
}

// MaintenancePage answers for an app in maintenance mode, as Heroku's router does.
func MaintenancePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`<!DOCTYPE html>
<html><head><title>Offline for Maintenance</title></head>
<body><iframe src="https://www.herokucdn.com/error-pages/maintenance-mode.html"></iframe></body></html>
`)) // an error means that the client is gone
}
