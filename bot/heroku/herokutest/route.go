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

// A reply is the answer of a route: a resource or a list of them, named as in the schema, or a problem.
type reply struct {
	resource string // "" for a resource without a published schema
	value    any
	status   int    // 0 means 200, or 206 for a partial list
	partial  string // the Next-Range of a partial list
	checked  any    // checked instead of value, if value cannot follow the schema
	problem  *problem
}

func failed(p problem) reply { return reply{problem: &p} }

func missing(resource, message string) reply {
	p := documented(http.StatusNotFound)
	p.resource, p.message = resource, message
	return failed(p)
}

func invalid(format string, args ...any) reply {
	p := documented(http.StatusUnprocessableEntity)
	p.message = fmt.Sprintf(format, args...)
	return failed(p)
}

// ServeHTTP answers one call to the API. It is exported for http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client is gone
	}
	s.mu.Lock()
	fault := s.receive(w, r, body)
	var status int
	var answer []byte
	if fault.Applies() {
		status, answer = s.answer(w, r, body)
	}
	s.mu.Unlock()
	if fault != nil {
		s.fail(fault, w, r, answer)
		return
	}
	write(w, status, answer)
}

// The caller must hold the lock, also for all functions below.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, body []byte) *Fault {
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, r.Header.Clone(), string(body), time.Now()})
	s.requests++
	w.Header().Set("Request-Id", uuid("request", strconv.Itoa(s.requests)))
	fault := s.faults.Strike(r.Method, r.URL.Path)
	if ofMetrics(r.URL.Path) {
		return fault
	}
	if fault == nil && r.URL.Path != "/account/rate-limits" { // costs no call
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
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch call := r.Method + " " + r.URL.Path; {
	case call == "GET /account":
		return reply{resource: "account", value: s.account.resource()}
	case call == "GET /account/rate-limits":
		return reply{resource: "rate-limit", value: object{"remaining": max(0, s.remaining)}}
	case call == "GET /apps", call == "GET /users/~/apps":
		return s.listApps(r)
	case parts[0] == "apps" && len(parts) > 1:
		return s.routeApp(r, parts[1], parts[2:], body)
	}
	return failed(documented(http.StatusNotFound))
}

func (s *Server) routeApp(r *http.Request, name string, rest []string, body []byte) reply {
	a := s.app(name)
	of, processType := "", ""
	if len(rest) > 0 {
		of = rest[0]
	}
	if len(rest) == 2 {
		processType = rest[1]
	}
	get, patch := r.Method == http.MethodGet, r.Method == http.MethodPatch
	switch {
	case of == "formation" && len(rest) <= 2 && get:
		return readFormation(a, processType)
	case of == "formation" && len(rest) <= 2 && patch:
		return s.changeFormation(a, name, processType, body)
	case len(rest) >= 3 && len(rest) <= 4 && ofMetrics(r.URL.Path):
		return monitors(a, r.Method, name, strings.Join(rest[3:], ""), body)
	case (of == "dynos" || of == "formations") && !get:
		return s.endDynos(a, r.Method, of, rest[1:])
	case len(rest) == 0 && patch:
		return s.changeApp(a, name, body)
	case !get || len(rest) > 1:
		return failed(documented(http.StatusNotFound))
	}
	return s.readApp(a, of, r.Header.Get("Range"))
}

func (s *Server) readApp(a *app, of, inside string) reply {
	if a == nil {
		return missing("app", "Couldn't find that app.")
	}
	switch of {
	case "":
		return s.appReply(a)
	case "addons", "collaborators":
		return reply{value: []object{}}
	case "dynos":
		list, next := inRange(a.dynoList(), inside)
		return reply{resource: "dyno", value: list, partial: next}
	case "releases":
		list, next := inRange(a.releaseList(s.account), inside)
		return reply{resource: "release", value: list, partial: next}
	}
	return failed(documented(http.StatusNotFound))
}

func (s *Server) listApps(r *http.Request) reply {
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

// A process type may also be given instead of a dyno. Heroku restarts stopped dynos of a formation.
func (s *Server) endDynos(a *app, method, of string, rest []string) reply {
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
		return missing(strings.TrimSuffix(of, "s"),
			"Couldn't find that "+map[string]string{"dynos": "dyno", "formations": "process type"}[of]+".")
	}
	return reply{value: object{}, status: http.StatusAccepted}
}

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
		panic(fmt.Sprintf("herokutest: %v", err)) // this package's values can be marshalled
	}
	return b
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the client is gone
}
