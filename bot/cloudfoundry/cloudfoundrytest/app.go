package cloudfoundrytest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	running  = "RUNNING"
	starting = "STARTING"
	down     = "DOWN"
)

// An App is an app that a test adds. It is started.
type App struct {
	Name string
	// Space is a name; "" means [Space].
	Space   string
	Stopped bool
	Labels  map[string]string
	// nil means one web process with 1 instance
	Processes []Process
	// nil means NAME.apps.example.com
	Routes []Route
}

// A Process is a process type of an app.
type Process struct {
	Type      string
	Instances int
	// MemoryMB is the memory of one instance; 0 means 256.
	MemoryMB int
}

// A Route is a URL of an app.
type Route struct {
	// without a scheme: my-app.example.com/path
	URL string
	TCP bool
	// Internal says that the route's domain is known only inside the installation.
	Internal bool
}

type app struct {
	App
	guid        string
	pushed      time.Time
	processes   []*process
	deployments []*deployment
}

type process struct {
	guid             string
	kind             string
	memory           int
	created, updated time.Time
	states           []string // of the desired instances
}

type deployment struct {
	guid             string
	created, updated time.Time
	status, reason   string
	old, fresh       *process
	desired          int
}

// AddApp adds an app. It panics if the name exists in the space, or the space does not exist.
func (s *Server) AddApp(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.Space = cmp.Or(a.Space, Space)
	s.space(a.Space)
	for _, b := range s.apps {
		if b.Name == a.Name && b.Space == a.Space {
			panic(fmt.Sprintf("cloudfoundrytest: there is an app %q already", a.Name))
		}
	}
	if a.Processes == nil {
		a.Processes = []Process{{Type: "web", Instances: 1}}
	}
	if a.Routes == nil {
		a.Routes = []Route{{URL: a.Name + ".apps.example.com"}}
	}
	long := time.Now().Add(-time.Hour) // so that nothing is in progress
	out := &app{App: a, guid: s.guid(), pushed: long}
	out.Labels = maps.Clone(a.Labels)
	for _, p := range a.Processes {
		q := &process{guid: s.guid(), kind: p.Type, memory: cmp.Or(p.MemoryMB, 256), created: long}
		q.set(p.Instances, running, long)
		out.processes = append(out.processes, q)
	}
	s.apps = append(s.apps, out)
}

// DeleteApp deletes an app. Like all of these methods, it panics if the app does not exist.
func (s *Server) DeleteApp(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp(name)
	s.apps = slices.DeleteFunc(s.apps, func(b *app) bool { return a == b })
}

// AppGUID returns an app's GUID.
func (s *Server) AppGUID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustApp(name).guid
}

// Instances returns the desired number of instances of a process type.
func (s *Server) Instances(name, processType string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.process(name, processType).states)
}

// SetInstances changes the number of instances of a process type, as somebody else's `cf scale` would, whatever the
// quotas allow.
func (s *Server) SetInstances(name, processType string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process(name, processType).set(n, s.birth, time.Now())
}

// SetStates changes the states of the present instances: RUNNING, STARTING, CRASHED or DOWN each.
func (s *Server) SetStates(name, processType string, states ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	copy(s.process(name, processType).states, states)
}

// HoldStarts keeps new instances starting until release is called; then they all run. Without it they run at once.
func (s *Server) HoldStarts() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.birth = starting
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.birth = running
		for _, a := range s.apps {
			for _, p := range a.processes {
				for i, st := range p.states {
					if st == starting {
						p.states[i] = running
					}
				}
			}
		}
	}
}

// Stop stops an app, as `cf stop` does.
func (s *Server) Stop(name string) { s.setStopped(name, true) }

// Start starts an app, as `cf start` does.
func (s *Server) Start(name string) { s.setStopped(name, false) }

func (s *Server) setStopped(name string, stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustApp(name).Stopped = stopped
}

// SetLabel sets a label of an app.
func (s *Server) SetLabel(name, label, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp(name)
	if a.Labels == nil {
		a.Labels = map[string]string{}
	}
	a.Labels[label] = value
}

// RemoveLabel removes a label of an app.
func (s *Server) RemoveLabel(name, label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mustApp(name).Labels, label)
}

// Push changes the app's code at a given time without a deployment, as a plain `cf push` does.
func (s *Server) Push(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustApp(name).pushed = at
}

// Deploy begins a rolling deployment of the app's web process at a given time, as `cf push --strategy rolling` does: a
// new process with one instance runs next to the old one, and replaces its instances one by one until finish is called.
func (s *Server) Deploy(name string, at time.Time) (finish func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustApp(name)
	old := a.process("web")
	d := &deployment{
		guid: s.guid(), created: at, updated: at, status: "ACTIVE", reason: "DEPLOYING", old: old,
		desired: len(old.states),
	}
	d.fresh = &process{guid: s.guid(), kind: "web", memory: old.memory, created: at}
	d.fresh.set(1, running, at)
	a.deployments = append(a.deployments, d)
	a.processes = append(a.processes, d.fresh)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.status != "ACTIVE" {
			return
		}
		d.status, d.reason, d.updated = "FINALIZED", "DEPLOYED", time.Now()
		d.fresh.set(d.desired, running, time.Now())
		a.processes = slices.DeleteFunc(a.processes, func(p *process) bool { return p == d.old })
	}
}

// The caller must hold the lock, also for all functions below.
func (s *Server) mustApp(name string) *app {
	for _, a := range s.apps {
		if a.Name == name {
			return a
		}
	}
	panic(fmt.Sprintf("cloudfoundrytest: no app %q", name))
}

func (s *Server) process(name, processType string) *process {
	p := s.mustApp(name).process(processType)
	if p == nil {
		panic(fmt.Sprintf("cloudfoundrytest: no process type %q in app %q", processType, name))
	}
	return p
}

func (a *app) process(kind string) *process {
	for _, p := range slices.Backward(a.processes) {
		if p.kind == kind {
			return p
		}
	}
	return nil
}

func (a *app) deploying(kind string) bool {
	n := len(a.deployments)
	return kind == "web" && n > 0 && a.deployments[n-1].status == "ACTIVE"
}

// The instances with the highest indices go first.
func (p *process) set(n int, state string, now time.Time) {
	p.updated = now
	p.states = p.states[:min(len(p.states), n)]
	for len(p.states) < n {
		p.states = append(p.states, state)
	}
}
