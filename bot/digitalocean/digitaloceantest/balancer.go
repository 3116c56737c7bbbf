package digitaloceantest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A LoadBalancer is a load balancer for droplets.
type LoadBalancer struct {
	// ID is a UUID; "" derives one from the name.
	ID   string
	Name string
	// Tag of the droplets behind it; "" for a balancer that lists its droplets by id.
	Tag        string
	DropletIDs []int
	// Status is "new", "active" or "errored"; "" means "active".
	Status string
	// Type is "REGIONAL", "REGIONAL_NETWORK" or "GLOBAL"; "" means "REGIONAL".
	Type string
}

type balancer struct {
	LoadBalancer
	created time.Time
	busy    time.Time // no change is accepted before this time
	due     time.Time // when it picks up its tag's droplets; zero once it has
}

// AddLoadBalancer adds a balancer and returns its id.
func (s *Server) AddLoadBalancer(b LoadBalancer) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.ID = cmp.Or(b.ID, uuid("load balancer "+b.Name))
	b.Status, b.Type = cmp.Or(b.Status, "active"), cmp.Or(b.Type, "REGIONAL")
	added := &balancer{LoadBalancer: b, created: time.Now()}
	s.balancers = append(s.balancers, added)
	added.follow(s)
	return b.ID
}

// LoadBalancer returns a balancer; ok is false if it does not exist.
func (s *Server) LoadBalancer(id string) (LoadBalancer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	for _, b := range s.balancers {
		if b.ID == id {
			copied := b.LoadBalancer
			copied.DropletIDs = slices.Clone(b.DropletIDs)
			return copied, true
		}
	}
	return LoadBalancer{}, false
}

// AddToLoadBalancer puts a droplet behind a balancer, as another user of the account would.
func (s *Server) AddToLoadBalancer(id string, droplet int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.balancers {
		if b.ID == id {
			b.DropletIDs = append(b.DropletIDs, droplet)
		}
	}
}

func (b *balancer) follow(s *Server) {
	if b.Tag == "" {
		return
	}
	b.DropletIDs, b.due = nil, time.Time{}
	for _, d := range s.droplets {
		if d.hasTag(b.Tag) {
			b.DropletIDs = append(b.DropletIDs, d.ID)
		}
	}
}

func (b *balancer) advance(s *Server, now time.Time) {
	if !b.due.IsZero() && !now.Before(b.due) {
		b.follow(s)
	}
}

func (s *Server) retag() {
	for _, b := range s.balancers {
		if b.Tag == "" {
			continue
		}
		if b.due.IsZero() {
			b.due = time.Now().Add(s.takes["load_balancer"])
		}
		b.advance(s, time.Now())
	}
}

func (b *balancer) object() object {
	ids := b.DropletIDs
	if ids == nil {
		ids = []int{}
	}
	return object{
		"id": b.ID, "name": b.Name, "ip": "203.0.113.10", "size_unit": 1, "algorithm": "round_robin",
		"status": b.Status, "created_at": stamp(b.created),
		"forwarding_rules": []object{{
			"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 80,
			"certificate_id": "", "tls_passthrough": false,
		}},
		"health_check": object{
			"protocol": "http", "port": 80, "path": "/", "check_interval_seconds": 10, "response_timeout_seconds": 5,
			"healthy_threshold":   3,
			"unhealthy_threshold": 5,
		},
		"sticky_sessions": object{"type": "none"}, "region": regionObject("fra1"), "tag": b.Tag, "droplet_ids": ids,
		"redirect_http_to_https": false, "enable_proxy_protocol": false, "enable_backend_keepalive": false,
		"vpc_uuid":                         uuid("vpc fra1"),
		"disable_lets_encrypt_dns_records": false, "project_id": uuid("project"), "type": b.Type,
		"network": "EXTERNAL", "network_stack": "IPV4",
	}
}

func (s *Server) routeBalancers(r *http.Request, parts []string, in object) reply {
	if parts[0] == "" {
		if r.Method != http.MethodGet {
			return missing()
		}
		var list []object
		for _, b := range s.balancers {
			list = append(list, b.object())
		}
		return s.list(r, "load_balancers", list)
	}
	i := slices.IndexFunc(s.balancers, func(b *balancer) bool { return strings.EqualFold(b.ID, parts[0]) })
	switch {
	case i < 0:
		return missing()
	case r.Method == http.MethodGet && parts[1] == "":
		return ok("load_balancer", s.balancers[i].object())
	case parts[1] == "droplets" && (r.Method == http.MethodPost || r.Method == http.MethodDelete):
		return s.changeBalancer(s.balancers[i], r.Method == http.MethodPost, anys(in["droplet_ids"]))
	}
	return missing()
}

// The change applies to all droplets or none.
func (s *Server) changeBalancer(b *balancer, in bool, list []any) reply {
	var ids []int
	for _, v := range list {
		n, _ := v.(float64)
		if s.droplet(int(n)) == nil {
			return unprocessable("Droplet %v could not be found.", v)
		}
		ids = append(ids, int(n))
	}
	switch now := time.Now(); {
	case b.Tag != "":
		return unprocessable("Droplets can't be added to or removed from a load balancer that has a tag.")
	case len(ids) == 0:
		return unprocessable("droplet_ids can't be blank.")
	case now.Before(b.busy):
		return problem(http.StatusForbidden, "Load Balancer can't be updated while it processes previous actions")
	default:
		b.busy = now.Add(s.takes["load_balancer"])
	}
	b.DropletIDs = slices.DeleteFunc(b.DropletIDs, func(id int) bool { return slices.Contains(ids, id) })
	if in {
		b.DropletIDs = append(b.DropletIDs, ids...)
	}
	return reply{status: http.StatusNoContent}
}
