package digitaloceantest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Call is a received request and its answer.
type Call struct {
	// such as GET, /v2/droplets and tag_name=web
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
	Time         time.Time
	// Status and Answer are 0 and "" if a fault answered.
	Status int
	Answer string
}

type object = map[string]any

type reply struct {
	status int
	value  any // nil for no body
}

func ok(name string, v any) reply { return reply{http.StatusOK, object{name: v}} }

func problem(status int, format string, args ...any) reply {
	id := map[int]string{
		http.StatusBadRequest: "bad_request", http.StatusUnauthorized: "unauthorized",
		http.StatusForbidden: "forbidden",
		http.StatusNotFound:  "not_found", http.StatusUnprocessableEntity: "unprocessable_entity",
		http.StatusTooManyRequests: "too_many_requests",
	}[status]
	return reply{status, object{"id": cmp.Or(id, "server_error"), "message": fmt.Sprintf(format, args...)}}
}

func missing() reply {
	return problem(http.StatusNotFound, "The resource you requested could not be found.")
}

func unprocessable(format string, args ...any) reply {
	return problem(http.StatusUnprocessableEntity, format, args...)
}

// ServeHTTP answers one call to the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client is gone
	}
	s.mu.Lock()
	s.advance(time.Now())
	n := len(s.calls)
	s.calls = append(s.calls, Call{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(),
		Body: string(body), Time: time.Now(),
	})
	fault := s.faults.Strike(r.Method, r.URL.Path)
	s.headers(w, n, fault == nil)
	var rep reply
	if fault.Applies() {
		rep = s.answer(r, body)
		if e, is := rep.value.(object); is && rep.status >= 400 {
			e["request_id"] = w.Header().Get("X-Request-Id")
			if rep.status == http.StatusTooManyRequests && !s.refill.IsZero() {
				w.Header().Set("Retry-After", strconv.Itoa(int(time.Until(s.refill)/time.Second)+1))
			}
		}
	}
	var answer []byte
	if rep.value != nil {
		answer = marshal(rep.value)
	}
	if fault == nil {
		s.calls[n].Status, s.calls[n].Answer = rep.status, string(answer)
	}
	s.mu.Unlock()
	if fault != nil {
		s.fail(fault, w, r, answer)
		return
	}
	write(w, rep.status, answer)
}

// Counts the call against the rate limit. The caller holds the lock.
func (s *Server) headers(w http.ResponseWriter, n int, counts bool) {
	if !s.refill.IsZero() && !time.Now().Before(s.refill) {
		s.remaining, s.refill = hourly, time.Time{}
	}
	if counts {
		s.remaining--
	}
	reset := time.Now().Add(time.Hour)
	if !s.refill.IsZero() {
		reset = s.refill
	}
	h := w.Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("RateLimit-Limit", strconv.Itoa(hourly))
	h.Set("RateLimit-Remaining", strconv.Itoa(max(0, s.remaining)))
	h.Set("RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("X-Request-Id", fmt.Sprintf("515850a0-a812-50bf-aa3c-%012d", n+1))
}

// The caller holds the lock, here and below.
func (s *Server) answer(r *http.Request, body []byte) reply {
	switch token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case !bearer || token != s.Token:
		return problem(http.StatusUnauthorized, "Unable to authenticate you")
	case s.remaining < 0:
		return problem(http.StatusTooManyRequests, "API rate limit exceeded.")
	}
	var in object
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return problem(http.StatusBadRequest, "Unable to parse the request's body.")
		}
	}
	path, found := strings.CutPrefix(r.URL.Path, "/v2/")
	if !found {
		return missing()
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	return s.route(r, parts, in)
}

func (s *Server) route(r *http.Request, parts []string, in object) reply {
	switch call := r.Method + " " + parts[0]; call {
	case "GET account":
		if parts[1] == "keys" {
			return s.list(r, "ssh_keys", s.keyObjects())
		}
		return ok("account", s.account())
	case "GET regions":
		return s.list(r, "regions", regionObjects())
	case "GET sizes":
		return s.list(r, "sizes", sizeObjects())
	case "GET images":
		return s.readImages(r, parts[1])
	case "GET snapshots":
		return s.readSnapshots(r, parts[1])
	case "GET actions":
		return s.readActions(r, nil, parts[1])
	case "GET droplets", "POST droplets", "DELETE droplets":
		return s.routeDroplets(r, parts[1:], in)
	case "GET tags", "POST tags", "DELETE tags":
		return s.routeTags(r, parts[1:], in)
	case "GET load_balancers", "POST load_balancers", "DELETE load_balancers":
		return s.routeBalancers(r, parts[1:], in)
	}
	return missing()
}

func (s *Server) list(r *http.Request, name string, all []object) reply {
	q := r.URL.Query()
	number := func(key string, unset, most int) int {
		n, err := strconv.Atoi(q.Get(key))
		if err != nil || n < 1 {
			return unset
		}
		return min(n, most)
	}
	per, page := number("per_page", 20, 200), number("page", 1, 1<<20)
	last := max(1, (len(all)+per-1)/per)
	from := min((page-1)*per, len(all))
	part := all[from:min(from+per, len(all))]
	pages := object{}
	link := func(rel string, n int) {
		q.Set("page", strconv.Itoa(n))
		pages[rel] = s.URL + r.URL.Path + "?" + q.Encode()
	}
	if page > 1 {
		link("first", 1)
		link("prev", page-1)
	}
	if page < last {
		link("next", page+1)
		link("last", last)
	}
	links := object{}
	if len(pages) > 0 {
		links["pages"] = pages
	}
	if part == nil {
		part = []object{}
	}
	return reply{http.StatusOK, object{name: part, "links": links, "meta": object{"total": len(all)}}}
}

func (s *Server) account() object {
	return object{
		"droplet_limit": s.limit, "floating_ip_limit": 5, "email": "owner@example.com", "name": "Owner",
		"uuid":           uuid("account"),
		"email_verified": true, "status": "active", "status_message": "",
		"team": object{"uuid": uuid("team"), "name": "My Team"},
	}
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("digitaloceantest: %v", err)) // everything in this package can be marshalled
	}
	return b
}

func write(w http.ResponseWriter, status int, body []byte) {
	if body != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // without a client it does not matter
}

func text(in object, key string) string {
	s, _ := in[key].(string)
	return s
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
