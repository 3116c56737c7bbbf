package logdrain

// It remembers at least the newest most hashes, at most twice that number.
type recent struct {
	most        int
	now, before map[uint64]struct{}
}

func newRecent(most int) recent {
	return recent{most: most, now: map[uint64]struct{}{}, before: map[uint64]struct{}{}}
}

func (r *recent) again(h uint64) bool {
	if _, ok := r.now[h]; ok {
		return true
	}
	_, ok := r.before[h]
	if len(r.now) >= r.most {
		r.now, r.before = r.before, r.now
		clear(r.now)
	}
	r.now[h] = struct{}{}
	return ok
}
