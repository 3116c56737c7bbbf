package push

const (
	MostNames, MostSeries = mostNames, mostSeries
	MaxBody               = maxBody
)

func (s *Store) Kept() (names, series int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := 0
	for _, m := range s.names {
		counted += len(m.instances)
	}
	return len(s.names), max(counted, s.many)
}
