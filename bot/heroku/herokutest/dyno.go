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
	serial           int // of all that its process type has had
}

func (d *dyno) set(state string) { d.state, d.updated = state, time.Now() }

// HoldBoots leaves every dyno that begins from now on in the state "starting", until [Server.Boot] or
// [Server.SetState]. Without it a dyno is up at once. A dyno begins when its process type is scaled up, when its size
// changes, and when a release of its app succeeds.
func (s *Server) HoldBoots() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.birth = starting
}

// Boot makes every dyno of a process type that is starting one that is up.
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

// An app none of whose releases has succeeded has no dynos.
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
