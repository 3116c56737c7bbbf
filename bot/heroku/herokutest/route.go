package herokutest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A reply is what a route answers: a resource or a list of them, named as in the schema, or a problem.
type reply struct {
	resource string // "" for one that has no published schema
	value    any
	status   int    // 0 means 200, or 206 for a list that goes on
	partial  string // the Next-Range of a list that goes on
	checked  any    // what is checked in the place of value, where that can't keep to the schema
	problem  *problem
}

func failed(p problem) reply { return reply{problem: &p} }

func missing(resource, message string) reply {
	p := documented(http.StatusNotFound)
	p.resource, p.message = resource, message
	return failed(p)
}

// ServeHTTP answers one call to the API. It is exported for the sake of http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client has gone
	}
	fault := s.receive(w, r, body)
	var answer []byte
	if fault.Applies() {
		var status int
		status, answer = s.answer(w, r, body)
		if fault == nil {
			write(w, status, answer)
			return
		}
	}
	s.fail(fault, w, r, answer)
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request, body []byte) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, r.Header.Clone(), string(body), time.Now()})
	s.requests++
	w.Header().Set("Request-Id", uuid("request", strconv.Itoa(s.requests)))
	fault := s.faults.Strike(r.Method, r.URL.Path)
	if ofMetrics(r.URL.Path) {
		return fault
	}
	if fault == nil && r.URL.Path != "/account/rate-limits" { // which costs nothing
		s.remaining--
	}
	w.Header().Set("RateLimit-Remaining", strconv.Itoa(max(0, s.remaining)))
	return fault
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte) (status int, answer []byte) {
	rep := s.refuse(r)
	if rep.problem == nil {
		rep = s.route(r, body)
	}
	if p := rep.problem; p != nil {
		e := object{"id": p.id, "message": p.message}
		if p.resource != "" {
			e["resource"] = p.resource
		}
		if p.limit > 0 {
			e["limit"] = p.limit
			e["url"] = "https://devcenter.heroku.com/articles/dyno-size#default-scaling-limits"
		}
		return p.status, marshal(e)
	}
	checked := rep.value
	if rep.checked != nil {
		checked = rep.checked
	}
	if err := s.schemas.checkAnswer(rep.resource, checked); err != nil {
		s.violated("the answer of %s %s breaks the schema of %s: %v", r.Method, r.URL.Path, rep.resource, err)
	}
	status = cmp.Or(rep.status, http.StatusOK)
	if rep.partial != "" {
		status = http.StatusPartialContent
		w.Header().Set("Next-Range", rep.partial)
	}
	return status, marshal(rep.value)
}

func (s *Server) refuse(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !bearer:
		p := documented(http.StatusUnauthorized)
		p.message = "There were no credentials in your `Authorization` header."
		return failed(p)
	case token != s.Key:
		return failed(documented(http.StatusUnauthorized))
	case !strings.HasPrefix(r.Header.Get("Accept"), "application/vnd.heroku+json; version=3"):
		return failed(documented(http.StatusNotAcceptable))
	case s.remaining < 0 && !ofMetrics(r.URL.Path):
		return failed(documented(http.StatusTooManyRequests))
	}
	return reply{}
}

func (s *Server) route(r *http.Request, body []byte) reply {
	switch parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case r.Method == http.MethodGet && r.URL.Path == "/account":
		s.mu.Lock()
		defer s.mu.Unlock()
		return reply{resource: "account", value: s.account.resource()}
	case r.Method == http.MethodGet && r.URL.Path == "/account/rate-limits":
		s.mu.Lock()
		defer s.mu.Unlock()
		return reply{resource: "rate-limit", value: object{"remaining": max(0, s.remaining)}}
	case parts[0] == "apps" && (len(parts) == 4 && parts[2] == "formation" || len(parts) == 3 && parts[2] == "formation"):
		processType := ""
		if len(parts) == 4 {
			processType = parts[3]
		}
		switch r.Method {
		case http.MethodGet:
			return s.readFormation(parts[1], processType)
		case http.MethodPatch:
			return s.changeFormation(parts[1], processType, body)
		}
	case parts[0] == "apps" && len(parts) >= 5 && len(parts) <= 6 && ofMetrics(r.URL.Path):
		return s.monitors(r.Method, parts[1], strings.Join(parts[5:], ""), body)
	case parts[0] == "apps" && len(parts) >= 3 && (parts[2] == "dynos" || parts[2] == "formations") && r.Method != http.MethodGet:
		return s.endDynos(r.Method, parts[1], parts[2], parts[3:])
	case r.Method == http.MethodGet && parts[0] == "apps" && len(parts) == 3 && (parts[2] == "addons" || parts[2] == "collaborators"):
		return s.readNone(parts[1])
	case r.Method == http.MethodGet && (r.URL.Path == "/apps" || r.URL.Path == "/users/~/apps"):
		return s.listApps(r)
	case r.Method == http.MethodGet && parts[0] == "apps" && len(parts) == 2:
		return s.readApp(parts[1], "app", r)
	case r.Method == http.MethodPatch && parts[0] == "apps" && len(parts) == 2:
		return s.changeApp(parts[1], body)
	case r.Method == http.MethodGet && parts[0] == "apps" && len(parts) == 3 && (parts[2] == "dynos" || parts[2] == "releases"):
		return s.readApp(parts[1], strings.TrimSuffix(parts[2], "s"), r)
	}
	return failed(documented(http.StatusNotFound))
}

func (s *Server) readApp(name, resource string, r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.app(name)
	switch {
	case a == nil:
		return missing("app", "Couldn't find that app.")
	case resource == "dyno":
		list, next := inRange(a.dynoList(), r.Header.Get("Range"))
		return reply{resource: resource, value: list, partial: next}
	case resource == "release":
		list, next := inRange(a.releaseList(s.account), r.Header.Get("Range"))
		return reply{resource: resource, value: list, partial: next}
	}
	return s.appReply(a)
}

func (s *Server) readNone(name string) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app(name) == nil {
		return missing("app", "Couldn't find that app.")
	}
	return reply{value: []object{}}
}

func (s *Server) listApps(r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, checked := []object{}, []object{}
	for _, a := range s.apps {
		rep := s.appReply(a)
		list = append(list, rep.value.(object))
		if rep.checked != nil {
			rep.value = rep.checked
		}
		checked = append(checked, rep.value.(object))
	}
	list, next := inRange(list, r.Header.Get("Range"))
	return reply{resource: "app", value: list, checked: checked, partial: next}
}

// A process type may stand in the place of a dyno, too. What is stopped of a formation, Heroku starts again.
func (s *Server) endDynos(method, name, of string, rest []string) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.app(name)
	stops := method == http.MethodPost && len(rest) == 3 && rest[1] == "actions" && rest[2] == "stop"
	restarts := method == http.MethodDelete && len(rest) <= 1 && (of == "dynos" || len(rest) == 1)
	switch {
	case !stops && !restarts:
		return failed(documented(http.StatusNotFound))
	case a == nil:
		return missing("app", "Couldn't find that app.")
	}
	found := false
	for _, p := range a.processes {
		for i, d := range p.dynos {
			if len(rest) == 0 || rest[0] == p.Type || of == "dynos" && rest[0] == fmt.Sprintf("%s.%d", p.Type, i+1) {
				d.set(s.birth)
				found = true
			}
		}
	}
	if !found && len(rest) > 0 {
		return missing(strings.TrimSuffix(of, "s"), "Couldn't find that "+map[string]string{"dynos": "dyno", "formations": "process type"}[of]+".")
	}
	return reply{value: object{}, status: http.StatusAccepted}
}

// The caller holds the lock.
func (s *Server) appReply(a *app) reply {
	rep := reply{resource: "app", value: a.resource(s.account)}
	if a.WebURL != "" {
		standIn := a.resource(s.account)
		standIn["web_url"] = a.canonicalWebURL()
		rep.checked = standIn
	}
	return rep
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("herokutest: %v", err)) // what this package makes can be marshalled
	}
	return b
}

func send(w http.ResponseWriter, status int, v any) { write(w, status, marshal(v)) }

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // without a client it doesn't matter
}
