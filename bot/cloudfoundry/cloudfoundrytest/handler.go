package cloudfoundrytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

type object = map[string]any

func send(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = w.Write(body)
	}
}

func (s *Server) handler() http.Handler {
	open := http.NewServeMux() // for everybody
	open.HandleFunc("GET /{$}", s.root)
	open.HandleFunc("POST /oauth/token", s.login)
	open.HandleFunc("GET /login", s.prompts)
	open.HandleFunc("GET /api/v1/info", func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, object{"version": "3.1.0", "vm_uptime": "12345"})
	})
	open.HandleFunc("GET /api/v1/read/{source}", s.readMetrics)
	open.Handle("/v3/", s.guarded(s.api()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.calls = append(s.calls, Call{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
			Header: r.Header.Clone(), Body: string(body),
		})
		f := s.faults.Strike(r.Method, r.URL.Path)
		s.mu.Unlock()
		w.Header().Set("X-Vcap-Request-Id", "cf-request-1")
		if f == nil {
			open.ServeHTTP(w, r)
			return
		}
		usual := httptest.NewRecorder()
		if f.Applies() {
			open.ServeHTTP(usual, r)
		}
		s.fail(f, w, r, usual.Body.Bytes())
	})
}

func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		known, left := s.uaa.knows(r), s.remaining
		if left > 0 {
			s.remaining--
		}
		s.mu.Unlock()
		if left >= 0 {
			w.Header().Set("X-RateLimit-Limit", "2000")
			w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(left-1, 0)))
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		}
		switch {
		case !known:
			documented(http.StatusUnauthorized).send(w)
		case left == 0:
			documented(http.StatusTooManyRequests).send(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Server) root(w http.ResponseWriter, _ *http.Request) {
	link := func(path string) object { return object{"href": s.URL + path} }
	send(w, http.StatusOK, object{"links": object{
		"self": link(""), "uaa": link(""), "login": link(""), "log_cache": link(""), "logging": nil,
		"cloud_controller_v2": nil,
		"cloud_controller_v3": object{"href": s.URL + "/v3", "meta": object{"version": "3.180.0"}},
		"app_ssh": object{
			"href": "127.0.0.1:2222",
			"meta": object{"host_key_fingerprint": "x", "oauth_client": "ssh-proxy"},
		},
	}})
}

func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	// Each get is called under the lock.
	handle := func(pattern string, get func(r *http.Request) (int, any)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			status, value := get(r)
			s.mu.Unlock()
			if p, ok := value.(problem); ok {
				p.send(w)
				return
			}
			send(w, status, value)
		})
	}
	found := func(o object, what string) (int, any) {
		if o == nil {
			return 0, missing(what)
		}
		return http.StatusOK, o
	}
	handle("GET /v3/organizations", func(r *http.Request) (int, any) {
		return s.page(r, s.orgs(r))
	})
	handle("GET /v3/organizations/{guid}", func(r *http.Request) (int, any) {
		return found(s.org(r.PathValue("guid")), "Organization")
	})
	handle("GET /v3/organization_quotas/{guid}", func(*http.Request) (int, any) {
		return found(quotaResource(&s.orgQuota, orgQuotaGUID), "Organization quota")
	})
	handle("GET /v3/spaces", func(r *http.Request) (int, any) { return s.page(r, s.listSpaces(r)) })
	handle("GET /v3/spaces/{guid}", func(r *http.Request) (int, any) {
		return found(s.spaceByGUID(r.PathValue("guid")), "Space")
	})
	handle("GET /v3/space_quotas/{guid}", func(r *http.Request) (int, any) {
		return found(s.spaceQuota(r.PathValue("guid")), "Space quota")
	})
	handle("GET /v3/apps", func(r *http.Request) (int, any) { return s.page(r, s.listApps(r)) })
	withApp := func(pattern string, get func(*app, *http.Request) (int, any)) {
		handle(pattern, func(r *http.Request) (int, any) {
			for _, a := range s.apps {
				if a.guid == r.PathValue("guid") {
					return get(a, r)
				}
			}
			return 0, missing("App")
		})
	}
	withApp("GET /v3/apps/{guid}", func(a *app, _ *http.Request) (int, any) { return http.StatusOK, s.appResource(a) })
	withApp("GET /v3/apps/{guid}/processes", func(a *app, r *http.Request) (int, any) {
		return s.page(r, a.listProcesses(filter(r, "types")))
	})
	withType := func(pattern string, get func(*app, *process, *http.Request) (int, any)) {
		withApp(pattern, func(a *app, r *http.Request) (int, any) {
			p := a.process(r.PathValue("type"))
			if p == nil {
				return 0, missing("Process")
			}
			return get(a, p, r)
		})
	}
	withType("GET /v3/apps/{guid}/processes/{type}",
		func(a *app, p *process, _ *http.Request) (int, any) { return http.StatusOK, p.resource(a) })
	withType("GET /v3/apps/{guid}/processes/{type}/stats",
		func(a *app, p *process, _ *http.Request) (int, any) { return http.StatusOK, p.stats(a) })
	withType("POST /v3/apps/{guid}/processes/{type}/actions/scale", s.scale)
	withType("DELETE /v3/apps/{guid}/processes/{type}/instances/{index}", s.restartInstance)
	withApp("POST /v3/apps/{guid}/actions/{action}", s.act)
	withApp("GET /v3/apps/{guid}/droplets/current", func(a *app, _ *http.Request) (int, any) {
		if a.pushed.IsZero() {
			return 0, missing("Droplet")
		}
		return http.StatusOK, a.droplet()
	})
	withProcess := func(pattern string, get func(*app, *process, *http.Request) (int, any)) {
		handle(pattern, func(r *http.Request) (int, any) {
			for _, a := range s.apps {
				for _, p := range a.processes {
					if p.guid == r.PathValue("guid") {
						return get(a, p, r)
					}
				}
			}
			return 0, missing("Process")
		})
	}
	withProcess("GET /v3/processes/{guid}",
		func(a *app, p *process, _ *http.Request) (int, any) { return http.StatusOK, p.resource(a) })
	withProcess("GET /v3/processes/{guid}/stats",
		func(a *app, p *process, _ *http.Request) (int, any) { return http.StatusOK, p.stats(a) })
	withProcess("POST /v3/processes/{guid}/actions/scale", s.scale)
	withProcess("GET /v3/processes/{guid}/sidecars",
		func(_ *app, _ *process, r *http.Request) (int, any) { return s.page(r, nil) })
	handle("GET /v3/processes", func(r *http.Request) (int, any) { return s.page(r, s.listProcesses(r)) })
	handle("GET /v3/deployments", func(r *http.Request) (int, any) { return s.page(r, s.listDeployments(r)) })
	handle("GET /v3/domains/{guid}", func(r *http.Request) (int, any) {
		return found(s.domain(r.PathValue("guid")), "Domain")
	})
	handle("GET /v3/routes", func(r *http.Request) (int, any) { return s.listRoutes(r, filter(r, "app_guids")) })
	withApp("GET /v3/apps/{guid}/routes",
		func(a *app, r *http.Request) (int, any) { return s.listRoutes(r, []string{a.guid}) })
	handle("GET /v3/packages/{guid}/droplets", func(r *http.Request) (int, any) {
		for _, a := range s.apps {
			if packageOf+a.guid == r.PathValue("guid") {
				return s.page(r, []object{a.droplet()})
			}
		}
		return 0, missing("Package")
	})
	handle("GET /v3/packages", func(r *http.Request) (int, any) { return s.page(r, s.listPackages(r)) })
	handle("/v3/", func(*http.Request) (int, any) { return 0, unknown() })
	return mux
}

func filter(r *http.Request, name string) []string {
	text := r.URL.Query().Get(name)
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func (s *Server) page(r *http.Request, list []object) (int, any) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
			return n
		}
		return otherwise
	}
	page, per := number("page", 1), number("per_page", 50)
	pages := max(1, (len(list)+per-1)/per)
	href := func(n int) object { return object{"href": s.URL + r.URL.Path + "?page=" + strconv.Itoa(n)} }
	p := object{
		"total_results": len(list), "total_pages": pages, "first": href(1), "last": href(pages),
		"next": nil, "previous": nil,
	}
	if page < pages {
		p["next"] = href(page + 1)
	}
	from, to := min(len(list), (page-1)*per), min(len(list), page*per)
	return http.StatusOK, object{"pagination": p, "resources": append([]object{}, list[from:to]...)}
}
