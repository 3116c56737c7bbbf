package fault

import (
	"slices"
	"strings"
	"sync"
)

// A Set is the faults of one fake. The zero Set has none. It may be used from several goroutines.
type Set struct {
	mu     sync.Mutex
	faults []*counted
}

// A counted fault knows how often it is still to fail.
type counted struct {
	Fault
	left int // calls still to fail, -1 without end
}

// Add makes calls fail. Of several faults that fit a call the one that was added first counts. mend ends the fault, and
// may be called again.
func (s *Set) Add(f Fault) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &counted{Fault: f, left: f.Times}
	if f.Times == 0 {
		added.left = -1
	}
	s.faults = append(s.faults, added)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = slices.DeleteFunc(s.faults, func(f *counted) bool { return f == added })
	}
}

// Strike finds the fault that a call meets and counts it, nil when there is none.
func (s *Set) Strike(method, path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		begin, open := strings.CutSuffix(f.Path, "*")
		switch {
		case f.left == 0, f.Method != "" && f.Method != method:
			continue
		case open && !strings.HasPrefix(path, begin), !open && f.Path != "" && f.Path != path:
			continue
		case f.Skip > 0:
			f.Skip--
			continue
		}
		f.left = max(f.left-1, -1)
		return &f.Fault
	}
	return nil
}
