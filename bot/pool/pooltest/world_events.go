package pooltest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func compare(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// Serve makes n servers of a pool that have served for an hour.
func (w *World) Serve(name string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	then := w.now().Add(-time.Hour)
	for i := range n {
		w.join(w.put(fmt.Sprintf("%s-%d", name, i+1), w.Size, then).Server, then.Add(w.Boot+w.Warm))
	}
	w.violations = nil
}

// Foreign makes a server without the pool's tag, behind the balancer under the pool's kind of name, and gives its ID.
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

// Stick lets a server never run, Sicken lets its app answer no more, or again.
func (w *World) Stick(name string) { w.each(name, func(s *server) { s.stuck = true }) }

// Sicken lets a server's app fail, or be well again.
func (w *World) Sicken(name string, sick bool) { w.each(name, func(s *server) { s.sick = sick }) }

// Fail lets a server be in a state whatever else holds: Failed, Off.
func (w *World) Fail(name string, st pool.State) { w.each(name, func(s *server) { s.State = st }) }

// Resized gives a server another size, as somebody's hand would.
func (w *World) Resized(name, size string) { w.each(name, func(s *server) { s.Size = size }) }

// Unpriced lets the provider not tell what a server costs.
func (w *World) Unpriced(name string) { w.each(name, func(s *server) { s.Price = 0 }) }

// Down lets the balancer's own health check of a server fail, or pass again.
func (w *World) Down(name string, down bool) {
	w.each(name, func(s *server) {
		if m := w.members[s.ID]; m != nil {
			m.down = down
		}
	})
}

// Doubt lets the balancer's own health check of each server that joins from now on fail, in these words; "" lets them
// pass.
func (w *World) Doubt(words string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubt, w.doubted = words, w.now()
}

// Disagree lets the balancer be several, one of which has not been told what the others know of a server, until that is
// asked for again.
func (w *World) Disagree(name string) {
	w.each(name, func(s *server) { w.members[s.ID].Partly = true })
}

// Twin makes another server of a name, which no member is of. The provider tells of it at once.
func (w *World) Twin(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(name, w.Size, w.now().Add(-w.Lag))
}

// Vanish ends a server at once, past the pool. Its member stays.
func (w *World) Vanish(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.servers = slices.DeleteFunc(w.servers, func(s *server) bool { return s.Name == name && !s.foreign })
}

// Mend lets all servers be well.
func (w *World) Mend() {
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

// SetFault changes what becomes of calls.
func (w *World) SetFault(fault func(Call) Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Fault = fault
}

// Calls counts the calls so far.
func (w *World) Calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

// Names are those of the pool's servers that exist, Serving of those among them that get requests and can answer them.
func (w *World) Names() []string { return w.names(func(*server, time.Time) bool { return true }) }

// Serving are the names of the servers that get requests and can answer them.
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

// Sizes are those of the pool's servers by name.
func (w *World) SizeOf(name string) (size string) {
	w.each(name, func(s *server) { size = s.Server.Size })
	return size
}

// Orphans are the names of the pool's members whose server is no more.
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

// Violations are what no pool may ever do, and was done.
func (w *World) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// Exists says whether a server is there, and not ended.
func (w *World) Exists(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
	s := w.find(id)
	return s != nil && s.ended.IsZero()
}

// MemberID is what the balancer calls the member of a server.
func (w *World) MemberID(id string) string {
	if w.Nameless {
		return ""
	}
	return id
}

// Forget lets the balancer forget a server.
func (w *World) Forget(name string) { w.each(name, func(s *server) { delete(w.members, s.ID) }) }
