package cloudfoundrytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	orgGUID      = "0000abcd-cafe-4abc-8def-0123456789ab"
	orgQuotaGUID = "0000abce-cafe-4abc-8def-0123456789ab"
)

func toOne(guid string) object {
	if guid == "" {
		return object{"data": nil}
	}
	return object{"data": object{"guid": guid}}
}

func wants(list []string, s string) bool { return list == nil || slices.Contains(list, s) }

func (s *Server) orgs(r *http.Request) []object {
	if !wants(filter(r, "names"), Org) {
		return nil
	}
	return []object{s.org(orgGUID)}
}

func (s *Server) org(guid string) object {
	if guid != orgGUID {
		return nil
	}
	return object{
		"guid": guid, "name": Org, "suspended": false, "created_at": stamp(time.Time{}),
		"relationships": object{"quota": toOne(orgQuotaGUID)},
	}
}

func quotaResource(q *Quota, guid string) object {
	n := func(i int) any {
		if i == 0 {
			return nil
		}
		return i
	}
	return object{"guid": guid, "name": cmp.Or(q.Name, "default"), "apps": object{
		"total_memory_in_mb": n(q.MemoryMB), "per_process_memory_in_mb": n(q.InstanceMemoryMB),
		"total_instances": n(q.Instances),
	}}
}

func (s *Server) listSpaces(r *http.Request) (list []object) {
	for _, sp := range s.spaces {
		if wants(filter(r, "names"), sp.name) && wants(filter(r, "organization_guids"), orgGUID) &&
			wants(filter(r, "guids"), sp.guid) {
			list = append(list, sp.resource())
		}
	}
	return list
}

func (s *Server) spaceByGUID(guid string) object {
	for _, sp := range s.spaces {
		if sp.guid == guid {
			return sp.resource()
		}
	}
	return nil
}

func (sp *space) resource() object {
	quota := ""
	if sp.quota != nil {
		quota = "quota-of-" + sp.guid
	}
	return object{
		"guid": sp.guid, "name": sp.name,
		"relationships": object{"organization": toOne(orgGUID), "quota": toOne(quota)},
	}
}

func (s *Server) spaceQuota(guid string) object {
	for _, sp := range s.spaces {
		if sp.quota != nil && "quota-of-"+sp.guid == guid {
			return quotaResource(sp.quota, guid)
		}
	}
	return nil
}

func (s *Server) listApps(r *http.Request) (list []object) {
	for _, a := range s.apps {
		if wants(filter(r, "names"), a.Name) && wants(filter(r, "space_guids"), s.space(a.Space).guid) &&
			wants(filter(r, "guids"), a.guid) {
			list = append(list, s.appResource(a))
		}
	}
	return list
}

func (s *Server) appResource(a *app) object {
	state := "STARTED"
	if a.Stopped {
		state = "STOPPED"
	}
	labels := object{}
	for k, v := range a.Labels {
		labels[k] = v
	}
	return object{
		"guid": a.guid, "name": a.Name, "state": state, "created_at": stamp(a.processes[0].created),
		"updated_at":    stamp(a.processes[0].created),
		"lifecycle":     object{"type": "buildpack", "data": object{"buildpacks": []string{}, "stack": "cflinuxfs4"}},
		"relationships": object{"space": toOne(s.space(a.Space).guid), "current_droplet": toOne(a.guid)},
		"metadata":      object{"labels": labels, "annotations": object{}},
	}
}

func (a *app) listProcesses(types []string) (list []object) {
	for _, p := range a.processes {
		if wants(types, p.kind) {
			list = append(list, p.resource(a))
		}
	}
	return list
}

func (s *Server) listProcesses(r *http.Request) (list []object) {
	for _, a := range s.apps {
		if wants(filter(r, "app_guids"), a.guid) && wants(filter(r, "space_guids"), s.space(a.Space).guid) {
			list = append(list, a.listProcesses(filter(r, "types"))...)
		}
	}
	return list
}

func (s *Server) act(a *app, r *http.Request) (int, any) {
	switch r.PathValue("action") {
	case "stop":
		a.Stopped = true
	case "start":
		a.Stopped = false
	case "restart":
		a.Stopped = false
		for _, p := range a.processes {
			n := len(p.states)
			p.set(0, s.birth, time.Now())
			p.set(n, s.birth, time.Now())
		}
	default:
		return 0, unknown()
	}
	return http.StatusOK, s.appResource(a)
}

func (s *Server) restartInstance(_ *app, p *process, r *http.Request) (int, any) {
	i, err := strconv.Atoi(r.PathValue("index"))
	if err != nil || i < 0 || i >= len(p.states) {
		return 0, missing("Instance")
	}
	p.states[i] = s.birth
	return http.StatusNoContent, nil
}

func (p *process) resource(a *app) object {
	return object{
		"guid": p.guid, "type": p.kind, "instances": len(p.states), "memory_in_mb": p.memory, "disk_in_mb": 1024,
		"command": "[PRIVATE DATA HIDDEN IN LISTS]", "log_rate_limit_in_bytes_per_second": -1,
		"health_check": object{"type": "port", "data": object{"timeout": nil}},
		"created_at":   stamp(p.created), "updated_at": p.updated.UTC().Format(time.RFC3339),
		"relationships": object{"app": toOne(a.guid), "revision": nil},
		"metadata":      object{"labels": object{}, "annotations": object{}},
	}
}

// A stopped app has one instance, which is down.
func (p *process) stats(a *app) object {
	states := p.states
	if a.Stopped {
		states = []string{down}
	}
	list := []object{}
	for i, st := range states {
		o := object{"type": p.kind, "index": i, "state": st, "details": nil, "isolation_segment": nil, "uptime": 0}
		if st == down && !a.Stopped {
			o["details"] = "insufficient resources: memory"
		}
		if st == running || st == starting {
			o["host"], o["uptime"], o["fds_quota"], o["mem_quota"], o["disk_quota"] = "10.0.0.1", 60, 16384,
				p.memory<<20, 1<<30
			o["instance_guid"] = fmt.Sprintf("%s-%d", p.guid, i)
			o["instance_ports"] = []object{{
				"external": 61000 + i, "internal": 8080, "external_tls_proxy_port": nil,
				"internal_tls_proxy_port": 61443,
			}}
			o["usage"] = object{
				"time": stamp(time.Now()), "cpu": 0.25, "cpu_entitlement": nil, "mem": p.memory << 19,
				"disk": 1 << 27, "log_rate": 0,
			}
			o["log_rate_limit"], o["routable"] = nil, nil
		}
		list = append(list, o)
	}
	return object{"resources": list}
}

func (s *Server) scale(a *app, p *process, r *http.Request) (int, any) {
	var body struct {
		Instances *int `json:"instances"`
		Memory    *int `json:"memory_in_mb"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return 0, documented(http.StatusBadRequest)
	}
	if a.deploying(p.kind) {
		return 0, problem{
			http.StatusUnprocessableEntity, 390016, "CF-ScaleDisabledDuringDeployment",
			"Cannot scale this process while a deployment is in flight.",
		}
	}
	n, memory := len(p.states), p.memory
	if body.Instances != nil {
		n = *body.Instances
	}
	if body.Memory != nil {
		memory = *body.Memory
	}
	if n < 0 {
		return 0, invalid("Instances must be greater than or equal to 0")
	}
	if why := s.exceeds(a, p, n, memory); why != "" {
		return 0, invalid(why)
	}
	p.memory = memory
	p.set(n, s.birth, time.Now())
	return http.StatusAccepted, p.resource(a)
}

// Fewer instances are always allowed, as are changes of a stopped app. The result names the exceeded quota.
func (s *Server) exceeds(a *app, p *process, n, memory int) string {
	if a.Stopped || n*memory <= len(p.states)*p.memory {
		return ""
	}
	used := func(in func(*app) bool) (mb, instances int) {
		for _, b := range s.apps {
			for _, q := range b.processes {
				switch {
				case b.Stopped || !in(b):
				case q == p:
					mb, instances = mb+n*memory, instances+n
				default:
					mb, instances = mb+len(q.states)*q.memory, instances+len(q.states)
				}
			}
		}
		return mb, instances
	}
	check := func(q *Quota, prefix string, in func(*app) bool) string {
		if q == nil {
			return ""
		}
		mb, instances := used(in)
		switch {
		case q.InstanceMemoryMB > 0 && memory > q.InstanceMemoryMB:
			return "memory " + prefix + "instance_memory_limit_exceeded"
		case q.MemoryMB > 0 && mb > q.MemoryMB:
			return "memory " + prefix + "quota_exceeded"
		case q.Instances > 0 && instances > q.Instances:
			return "app_instance_limit " + prefix + "app_instance_limit_exceeded"
		}
		return ""
	}
	return cmp.Or(
		check(s.space(a.Space).quota, "space_", func(b *app) bool { return b.Space == a.Space }),
		check(&s.orgQuota, "", func(*app) bool { return true }),
	)
}

func (s *Server) listDeployments(r *http.Request) (list []object) {
	for _, a := range s.apps {
		for _, d := range a.deployments {
			if !wants(filter(r, "app_guids"), a.guid) || !wants(filter(r, "status_values"), d.status) {
				continue
			}
			list = append(list, object{
				"guid": d.guid, "created_at": stamp(d.created), "updated_at": stamp(d.updated), "strategy": "rolling",
				"status": object{
					"value": d.status, "reason": d.reason,
					"details": object{"last_successful_healthcheck": nil, "last_status_change": stamp(d.updated)},
				},
				"new_processes": []object{{"guid": d.fresh.guid, "type": d.fresh.kind}},
				"relationships": object{"app": toOne(a.guid)},
			})
		}
	}
	if r.URL.Query().Get("order_by") == "-created_at" {
		slices.Reverse(list)
	}
	return list
}

const packageOf = "package-"

func (a *app) droplet() object {
	return object{"guid": a.guid, "state": "STAGED", "created_at": stamp(a.pushed), "updated_at": stamp(a.pushed)}
}

func (s *Server) listPackages(r *http.Request) (list []object) {
	for _, a := range s.apps {
		if wants(filter(r, "app_guids"), a.guid) && !a.pushed.IsZero() {
			list = append(list, object{
				"guid": packageOf + a.guid, "type": "bits", "state": "READY",
				"created_at": stamp(a.pushed), "relationships": object{"app": toOne(a.guid)},
			})
		}
	}
	return list
}

func (s *Server) listRoutes(r *http.Request, apps []string) (int, any) {
	var list []object
	for _, a := range s.apps {
		if !wants(apps, a.guid) {
			continue
		}
		for i, route := range a.Routes {
			id := strconv.Itoa(i)
			protocol := "http"
			if route.TCP {
				protocol = "tcp"
			}
			list = append(list, object{
				"guid": "route-" + a.guid + id, "url": route.URL, "protocol": protocol, "host": "",
				"path": "", "port": nil,
				"destinations": []object{{
					"guid": "d" + id,
					"app":  object{"guid": a.guid, "process": object{"type": "web"}}, "weight": nil, "port": 8080,
					"protocol": "http1",
				}},
				"relationships": object{
					"space":  toOne(s.space(a.Space).guid),
					"domain": toOne("domain-" + a.guid + id),
				},
			})
		}
	}
	return s.page(r, list)
}

func (s *Server) domain(guid string) object {
	for _, a := range s.apps {
		for i, route := range a.Routes {
			if guid == "domain-"+a.guid+strconv.Itoa(i) {
				return object{"guid": guid, "name": "example.com", "internal": route.Internal, "router_group": nil}
			}
		}
	}
	return nil
}
