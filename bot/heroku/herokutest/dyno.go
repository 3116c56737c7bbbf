package herokutest

import (
	"fmt"
	"time"
)

// The states in which dynos begin. There are also idle, restarting, crashed and down.
const (
	up       = "up"
	starting = "starting"
)

type dyno struct {
	state            string
	created, updated time.Time
	serial           int // among all dynos of the process type so far
}

func (d *dyno) set(state string) { d.state, d.updated = state, time.Now() }

// HoldBoots keeps every new dyno in the state "starting" until [Server.Boot] or [Server.SetState]. Without it a dyno is
// up at once. A dyno is new after a scale-up, a change of size, or a successful release of its app.
func (s *Server) HoldBoots() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.birth = starting
}

// Boot changes every starting dyno of a process type to up.
func (s *Server) Boot(app, processType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.process(app, processType).dynos {
		if d.state == starting {
			d.set(up)
		}
	}
}

// SetState changes the state of one dyno, as in "web", 1, "crashed".
func (s *Server) SetState(app, processType string, number int, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(app, processType)
	if number < 1 || number > len(p.dynos) {
		panic(fmt.Sprintf("herokutest: no dyno %s.%d in app %q", processType, number, app))
	}
	p.dynos[number-1].set(state)
}

// An app without a successful release has no dynos.
func (a *app) dynoList() []object {
	out := []object{}
	current := a.current()
	if current == 0 {
		return out
	}
	for _, p := range a.processes {
		for i, d := range p.dynos {
			name := fmt.Sprintf("%s.%d", p.Type, i+1)
			out = append(out, object{
				"app":        a.ref(),
				"attach_url": nil,
				"command":    p.Command,
				"created_at": stamp(d.created),
				"id":         uuid("dyno", a.Name, name, fmt.Sprint(d.serial)),
				"name":       name,
				"release":    object{"id": a.releaseID(current), "version": current},
				"size":       p.Size,
				"state":      d.state,
				"type":       p.Type,
				"updated_at": stamp(d.updated),
			})
		}
	}
	return out
}
