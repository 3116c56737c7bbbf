package fault

import (
	"slices"
	"strings"
	"sync"
)

// A Set holds the faults of one fake. The zero Set is empty. It may be used from several goroutines.
type Set struct {
	mu     sync.Mutex
	faults []*counted
}

// A counted fault knows the number of failures left.
type counted struct {
	Fault
	left int // failures left, -1 without an end
}

// Add makes calls fail. If several faults match a call, the first one added applies. remove ends the fault; it may be
// called again.
func (s *Set) Add(f Fault) (remove func()) {
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

// Strike returns the fault for a call and counts it; nil without one.
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
