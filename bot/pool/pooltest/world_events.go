package pooltest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func compare(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// Serve creates n servers of a pool that have served for an hour.
func (w *World) Serve(name string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	then := w.now().Add(-time.Hour)
	for i := range n {
		w.join(w.put(fmt.Sprintf("%s-%d", name, i+1), w.Size, then).Server, then.Add(w.Boot+w.Warm))
	}
	w.violations = nil
}

// Foreign creates a server without the pool's tag, puts it behind the balancer under a name like the pool's, and
// returns its ID.
func (w *World) Foreign(name string) (id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	s := w.put(name, w.Size, now.Add(-time.Hour))
	s.foreign = true
	w.join(s.Server, now)
	w.members[s.ID].foreign = true
	w.violations = nil
	return s.ID
}

// Stick keeps a server from ever running.
func (w *World) Stick(name string) { w.each(name, func(s *server) { s.stuck = true }) }

// Sicken makes a server's app fail, or recover.
func (w *World) Sicken(name string, sick bool) { w.each(name, func(s *server) { s.sick = sick }) }

// Fail sets the state of a server: Failed or Off.
func (w *World) Fail(name string, st pool.State) { w.each(name, func(s *server) { s.State = st }) }

// Resized changes the size of a server outside the pool.
func (w *World) Resized(name, size string) { w.each(name, func(s *server) { s.Size = size }) }

// Unpriced hides the price of a server.
func (w *World) Unpriced(name string) { w.each(name, func(s *server) { s.Price = 0 }) }

// Down makes the balancer's own health check of a server fail, or pass again.
func (w *World) Down(name string, down bool) {
	w.each(name, func(s *server) {
		if m := w.members[s.ID]; m != nil {
			m.down = down
		}
	})
}

// Doubt makes the balancer's own health check fail with these words for every server that joins from now on; "" lets it
// pass.
func (w *World) Doubt(words string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubt, w.doubted = words, w.now()
}

// Disagree makes one instance of the balancer miss what the others know of a server, until the pool repeats the call.
func (w *World) Disagree(name string) {
	w.each(name, func(s *server) { w.members[s.ID].Partly = true })
}

// Twin creates another server of the same name, without a member. The provider lists it at once.
func (w *World) Twin(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(name, w.Size, w.now().Add(-w.Lag))
}

// Vanish ends a server at once, outside the pool. Its member stays.
func (w *World) Vanish(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.servers = slices.DeleteFunc(w.servers, func(s *server) bool { return s.Name == name && !s.foreign })
}

// Heal makes every server healthy again.
func (w *World) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Fault = nil
	for _, s := range w.servers {
		s.stuck, s.sick, s.State = false, false, ""
		if m := w.members[s.ID]; m != nil {
			m.down = false
		}
	}
}

func (w *World) each(name string, do func(*server)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		if s.Name == name && !s.foreign {
			do(s)
		}
	}
}

// SetFault replaces Fault.
func (w *World) SetFault(fault func(Call) Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Fault = fault
}

// Calls returns the number of calls so far.
func (w *World) Calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

// Names returns the names of the pool's servers that exist.
func (w *World) Names() []string { return w.names(func(*server, time.Time) bool { return true }) }

// Serving returns the names of the servers that get requests and can answer them.
func (w *World) Serving() []string {
	return w.names(func(s *server, now time.Time) bool { m := w.members[s.ID]; return m != nil && w.counts(m, now) })
}

func (w *World) names(which func(*server, time.Time) bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	list := []string{}
	for _, s := range w.servers {
		if !s.foreign && which(s, now) {
			list = append(list, s.Name)
		}
	}
	slices.SortFunc(list, compare)
	return list
}

// SizeOf returns the size of a server.
func (w *World) SizeOf(name string) (size string) {
	w.each(name, func(s *server) { size = s.Server.Size })
	return size
}

// Orphans returns the names of the pool's members whose server is gone.
func (w *World) Orphans() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
	for id, m := range w.members {
		if !m.foreign && w.find(id) == nil {
			list = append(list, m.Name)
		}
	}
	return list
}

// Violations lists what a pool must never do, and this one did.
func (w *World) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// Exists reports whether a server exists and has not ended.
func (w *World) Exists(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
	s := w.find(id)
	return s != nil && s.ended.IsZero()
}

// MemberID returns the balancer's ID of a server's member.
func (w *World) MemberID(id string) string {
	if w.Nameless {
		return ""
	}
	return id
}

// Forget removes a server from the balancer.
func (w *World) Forget(name string) { w.each(name, func(s *server) { delete(w.members, s.ID) }) }
