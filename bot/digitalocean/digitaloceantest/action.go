package digitaloceantest

import (
	"net/http"
	"strconv"
	"time"
)

// An Action is an operation on a droplet that takes time.
type Action struct {
	ID      int
	Type    string // such as "create" or "resize"
	Status  string // "in-progress", "completed" or "errored"
	Droplet int
	Began   time.Time
	Ended   time.Time // zero while under way
}

type action struct {
	Action
	region string
	due    time.Time
	fails  bool
	effect func()
}

// Actions returns all actions so far, in order of their start.
func (s *Server) Actions() []Action {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	var list []Action
	for _, a := range s.actions {
		list = append(list, a.Action)
	}
	return list
}

// The effect comes when the action completes.
func (s *Server) begin(d *droplet, kind string, effect func()) *action {
	now := time.Now()
	a := &action{
		Action: Action{ID: s.nextID(), Type: kind, Status: "in-progress", Droplet: d.ID, Began: now},
		region: d.Region, due: now.Add(s.takes[kind]), effect: effect,
	}
	if s.failing[kind] > 0 {
		s.failing[kind]--
		a.fails = true
	}
	s.actions = append(s.actions, a)
	if kind == "destroy" && s.takes[kind] == 0 {
		s.advance(now) // nothing can read it later
	}
	return a
}

func (s *Server) advance(now time.Time) {
	for _, a := range s.actions {
		if a.Status != "in-progress" || now.Before(a.due) {
			continue
		}
		a.Status, a.Ended = "completed", a.due
		if a.fails {
			a.Status = "errored"
			continue
		}
		a.effect()
	}
	for _, b := range s.balancers {
		b.advance(s, now)
	}
}

func (s *Server) underWay(d *droplet) *action {
	for _, a := range s.actions {
		if a.Droplet == d.ID && a.Status == "in-progress" {
			return a
		}
	}
	return nil
}

func pending() reply { return unprocessable("Droplet already has a pending event.") }

func (s *Server) act(d *droplet, in object) reply {
	kind := text(in, "type")
	var effect func()
	switch {
	case s.underWay(d) != nil:
		return pending()
	case kind == "snapshot":
		name := text(in, "name")
		effect = func() {
			s.addImage(Image{Name: name, Regions: []string{d.Region}, MinDisk: d.Disk, of: d.ID})
		}
	case kind == "shutdown" && d.Status != "active", kind == "power_off" && d.Status == "off":
		return unprocessable("Droplet is already powered off.")
	case kind == "power_on" && d.Status == "active":
		return unprocessable("Droplet is already powered on.")
	case kind == "shutdown", kind == "power_off":
		effect = func() { d.Status = "off" }
	case kind == "power_on":
		effect = func() { d.Status = "active" }
	case kind == "reboot", kind == "power_cycle":
		effect = func() { d.Status = "active" }
	case kind == "resize":
		z, known := sizeOf(text(in, "size"))
		grows, _ := in["disk"].(bool)
		switch {
		case !known:
			return unprocessable("You specified an invalid size for Droplet.")
		case d.Status != "off":
			return unprocessable("Droplet must be powered off to resize.")
		case z.slug == d.Size:
			return unprocessable("Droplet is already this size.")
		case z.disk < d.Disk:
			return unprocessable("This size is not available because it has a smaller disk.")
		}
		effect = func() {
			d.Size = z.slug
			if grows {
				d.Disk = z.disk
			}
		}
	default:
		return unprocessable("The type of the action is invalid.")
	}
	return reply{http.StatusCreated, object{"action": s.begin(d, kind, effect).object()}}
}

func (a *action) object() object {
	var ended any
	if !a.Ended.IsZero() {
		ended = stamp(a.Ended)
	}
	return object{
		"id": a.ID, "status": a.Status, "type": a.Type, "started_at": stamp(a.Began), "completed_at": ended,
		"resource_id":   a.Droplet,
		"resource_type": "droplet", "region": regionObject(a.region), "region_slug": a.region,
	}
}

// A nil d means all droplets. Newest first.
func (s *Server) readActions(r *http.Request, d *droplet, key string) reply {
	list := []object{}
	for i := len(s.actions) - 1; i >= 0; i-- {
		a := s.actions[i]
		switch {
		case d != nil && a.Droplet != d.ID:
		case key == strconv.Itoa(a.ID):
			return ok("action", a.object())
		default:
			list = append(list, a.object())
		}
	}
	if key != "" {
		return missing()
	}
	return s.list(r, "actions", list)
}
