package push

const (
	// MostNames and MostSeries bound what is kept.
	MostNames, MostSeries = mostNames, mostSeries
	// MaxBody is the largest body.
	MaxBody = maxBody
)

// Kept is how many names and instances are kept.
func (s *Store) Kept() (names, series int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := 0
	for _, m := range s.names {
		counted += len(m.instances)
	}
	return len(s.names), max(counted, s.many)
}
