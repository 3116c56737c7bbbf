package pool

import (
	"cmp"
	"slices"
	"time"
)

func (o *Options) oldestFirst(a, b *tracked) int {
	return cmp.Or(a.Created.Compare(b.Created), a.firstSeen.Compare(b.firstSeen),
		cmp.Compare(Number(o.Name, a.Name), Number(o.Name, b.Name)), cmp.Compare(a.ID, b.ID))
}

func (m *memory) learn(obs *observation, o *Options, now time.Time) []*tracked {
	first, tracks := m.tracks == nil, make(map[string]*track, len(obs.servers))
	servers := make([]*tracked, 0, len(obs.servers))
	for _, s := range obs.servers {
		t := m.tracks[s.ID]
		if t != nil && s.State == Ending && t.ended.IsZero() && !t.ending && t.leavesFor == "" {
			if m.uncounts(t, now) {
				t.ended = now
			}
		}
		if t == nil {
			t = &track{name: s.Name, firstSeen: now}
		}
		tracks[s.ID] = t
		t.ending = s.State == Ending
		member := obs.member(s)
		t.update(s, member, obs.wrong, o, now)
		if t.drainsSince.Equal(now) && t.leavesFor == "" && m.resizing[s.ID] == "" {
			t.leavesFor = drained // drained by an earlier run of the bot, or by a person
		}
		servers = append(servers, &tracked{Server: s, track: *t, stage: t.stage(s, member, o), member: member})
	}
	slices.SortFunc(servers, o.oldestFirst)
	for _, s := range servers {
		if s.stage == stageServing && !s.served {
			s.served, tracks[s.ID].served = true, true
			if !first { // on the first observation it existed before us
				m.creationWorks()
				m.events = append(m.events, Event{Time: now, Kind: Joined, Server: s.Name, Text: s.Name + " serves"})
			}
		}
	}
	for id, t := range m.tracks {
		if tracks[id] != nil || !t.ended.IsZero() || !t.ending && m.uncounts(t, now) {
			continue
		}
		m.events = append(m.events, Event{
			Time: now, Kind: Broken, Server: t.name, Text: t.name + " is gone, and the bot did not destroy it",
		})
	}
	m.tracks = tracks
	dropDuplicates(servers, tracks)
	m.forget(obs, o, now)
	counted := !m.known
	if counted {
		m.known, m.began, m.counted = true, now, now.Add(o.Settle+2*o.Rest)
		m.want += count(servers, func(s *tracked) bool { return !s.leaving() })
	}
	if !m.sized {
		m.sized, m.size = true, firstSize(servers, o, now)
	}
	if first && (m.resumeSwap(servers) || formerSwap(servers)) && counted {
		m.want--
	}
	return servers
}

// Of servers with the same name, the one that serves stays, or else the oldest.
func dropDuplicates(servers []*tracked, tracks map[string]*track) {
	first := make(map[string]*tracked, len(servers))
	for _, s := range servers {
		if s.leaving() {
			continue
		}
		kept := first[s.Name]
		if kept == nil {
			first[s.Name] = s
			continue
		}
		goes := s
		if s.served && !kept.served || s.member != nil && kept.member == nil && !kept.served {
			first[s.Name], goes = s, kept
		}
		goes.leavesFor, tracks[goes.ID].leavesFor = duplicate, duplicate
	}
}

func (m *memory) forget(obs *observation, o *Options, now time.Time) {
	m.orders = slices.DeleteFunc(m.orders, func(or order) bool {
		listed := slices.ContainsFunc(obs.servers, func(s Server) bool {
			return s.ID == or.id || or.id == "" && s.Name == or.name
		})
		return listed || now.Sub(or.at) >= o.Settle
	})
	if m.tracks[m.swap.id] == nil {
		m.swap = swap{}
	}
	absent := make(map[string]int)
	for _, n := range obs.nameless {
		absent[n.Name] = m.absent[n.Name] + 1
	}
	m.absent = absent
}

func (t *track) update(s Server, member *Member, wrong map[string]error, o *Options, now time.Time) {
	if s.State == Active && t.active.IsZero() {
		t.active = now
	}
	var bad string
	err, asked := wrong[s.ID]
	switch {
	case s.State == Active && asked && err == nil:
		t.passes++
	case s.State == Active && asked:
		t.passes, bad = 0, err.Error()
	case s.State == Active:
		t.passes, bad = 0, "it has no address"
	default:
		t.passes, bad = 0, "the provider reports it as "+string(s.State)
	}
	own := bad
	switch {
	case bad != "" || member == nil:
	case member.State == Down:
		bad = "the balancer reports it as down" + noted(member.Note)
	case member.State == Joining && t.served:
		bad = "the balancer sends it no requests yet" + noted(member.Note)
	}
	if o.Health == nil {
		own = bad // nobody else reports on it
	}
	t.problem, t.failsSince, t.sickSince = bad, since(t.failsSince, bad != "", now), since(t.sickSince, own != "", now)
	switch {
	case member == nil:
		t.added, t.drainsSince = time.Time{}, time.Time{}
	case member.State == Draining || member.State == Drained:
		if t.drainsSince.IsZero() {
			t.drainsSince = now
		}
	default:
		t.drainsSince = time.Time{}
		if t.added.IsZero() {
			t.added = now
		}
	}
	// A server older than any unfinished one can be was in rotation before the bot started. Removing it as a failed
	// creation would empty a pool whose app is down.
	if t.firstSeen.Equal(now) && !s.Created.IsZero() && now.Sub(s.Created) > o.oldestHalfMade() {
		t.served = true
	}
	if t.leavesFor == "" && s.State == Failed {
		t.leavesFor = unmade
	}
}

// The time since when so holds without a break; zero if it does not hold. before is the value of the last pass.
func since(before time.Time, so bool, now time.Time) time.Time {
	switch {
	case !so:
		return time.Time{}
	case before.IsZero():
		return now
	}
	return before
}

func (t *track) shutOut() bool { return !t.failsSince.IsZero() && t.sickSince.IsZero() }

func noted(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}
