package pool

import (
	"cmp"
	"slices"
	"time"
)

// A stage is where a server stands on its way through the pool.
type stage string

const (
	stageMaking   stage = "making"   // ordered, not running yet
	stageChecking stage = "checking" // runs, and its health check has not passed often enough yet
	stageReady    stage = "ready"    // healthy, and not behind the balancer yet
	stageJoining  stage = "joining"  // behind the balancer, which does not send it requests yet
	stageServing  stage = "serving"  // gets requests
	stageDown     stage = "down"     // was in rotation, and gets no requests as it fails
	stageDraining stage = "draining" // gets no new requests
	stageDrained  stage = "drained"  // has none any more
	stageOff      stage = "off"      // switched off
	stageFailed   stage = "failed"   // never to be
	stageEnding   stage = "ending"   // on its way out
)

// A tracked is one server with all that is known of it.
type tracked struct {
	Server
	track
	stage  stage
	member *Member
}

// half says that a server is half made: it has never been in rotation, and is to be.
func (s *tracked) half() bool { return !s.leaving() && !s.served }

// leaving says that a server is on its way out.
func (s *tracked) leaving() bool { return s.doom != "" || s.stage == stageEnding }

// stays says that a server is neither on its way out nor half made.
func (s *tracked) stays() bool { return !s.leaving() && s.served }

// oldestFirst orders servers by age, the same way each time.
func (o *Options) oldestFirst(a, b tracked) int {
	return cmp.Or(a.Created.Compare(b.Created), a.seen.Compare(b.seen), cmp.Compare(Number(o.Name, a.Name), Number(o.Name, b.Name)), cmp.Compare(a.ID, b.ID))
}

// learn takes an observation in, and tells what became of each server, the oldest first.
func (m *memory) learn(obs *observation, o *Options, now time.Time) []tracked {
	first, tracks := m.tracks == nil, make(map[string]*track, len(obs.servers))
	seen := make([]tracked, 0, len(obs.servers))
	for _, s := range obs.servers {
		t := m.tracks[s.ID]
		if t != nil && s.State == Ending && t.ended.IsZero() && !t.ending && t.doom == "" {
			if m.uncounts(t, now) {
				t.ended = now
			}
		}
		if t == nil {
			t = &track{name: s.Name, seen: now}
		}
		tracks[s.ID] = t
		t.ending = s.State == Ending
		member := obs.member(s)
		t.see(s, member, obs.wrong, o, now)
		if t.drains.Equal(now) && t.doom == "" && m.resizing[s.ID] == "" {
			t.doom = drained // by an earlier run of the bot, or by somebody's hand
		}
		seen = append(seen, tracked{Server: s, track: *t, stage: t.stage(s, member, o), member: member})
	}
	slices.SortFunc(seen, o.oldestFirst)
	for i := range seen {
		if s := &seen[i]; s.stage == stageServing && !s.served {
			s.served, tracks[s.ID].served = true, true
			if !first { // else it was there before us
				m.creationWorks()
				m.news = append(m.news, Event{Time: now, Kind: Joined, Server: s.Name, Text: s.Name + " serves"})
			}
		}
	}
	for id, t := range m.tracks {
		if tracks[id] != nil || !t.ended.IsZero() || !t.ending && m.uncounts(t, now) {
			continue
		}
		m.news = append(m.news, Event{Time: now, Kind: Broken, Server: t.name, Text: t.name + " is no more, and not by the bot"})
	}
	m.tracks = tracks
	doomDuplicates(seen, tracks)
	m.forget(obs, o, now)
	counted := !m.known
	if counted {
		m.known, m.began, m.counted = true, now, now.Add(o.Settle+2*o.Rest)
		for i := range seen {
			if s := &seen[i]; !s.leaving() {
				m.want++
			}
		}
	}
	if !m.sized {
		m.sized, m.size = true, firstSize(seen, o, now)
	}
	if first && (m.resumeSwap(seen) || formerSwap(seen)) && counted {
		m.want--
	}
	return seen
}

// uncounts says that a server which is gone was counted at the start by mistake: it was out of the balancer and ending already, and the
// provider did not tell yet. Then one less is wanted.
func (m *memory) uncounts(t *track, now time.Time) bool {
	if t.seen.After(m.began) || now.After(m.counted) || !t.added.IsZero() {
		return false
	}
	m.want = max(0, m.want-1)
	return true
}

// resumeSwap goes on with the replacement of a server of another size that an earlier run began, if it did: then one of the pool's size is
// half made, or the old one is out of the balancer already.
func (m *memory) resumeSwap(seen []tracked) bool {
	made := slices.ContainsFunc(seen, func(s tracked) bool { return s.half() && sameSize(s.Size, m.size) })
	old := slices.IndexFunc(seen, func(s tracked) bool {
		return s.stays() && !sameSize(s.Size, m.size) && (s.stage == stageServing && made || s.stage == stageReady || s.stage == stageChecking)
	})
	if old < 0 {
		return false
	}
	m.swap = swap{seen[old].ID, outsized}
	return true
}

// formerSwap says that an earlier run began to replace a server by one of a size that is not the pool's any more: the new one is half made, or
// the old one is out of the balancer already, beside one in rotation of another size. It is one more than wanted.
func formerSwap(seen []tracked) bool {
	out := slices.IndexFunc(seen, func(s tracked) bool {
		return s.half() || !s.leaving() && (s.stage == stageReady || s.stage == stageChecking)
	})
	return out >= 0 && slices.ContainsFunc(seen, func(s tracked) bool {
		return s.stage == stageServing && !sameSize(s.Size, seen[out].Size)
	})
}

// doomDuplicates lets all but one of the servers of a name go: the one that serves stays, or else the oldest.
func doomDuplicates(seen []tracked, tracks map[string]*track) {
	first := make(map[string]*tracked, len(seen))
	for i := range seen {
		s := &seen[i]
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
		goes.doom, tracks[goes.ID].doom = duplicate, duplicate
	}
}

// forget lets go of what the observation has settled.
func (m *memory) forget(obs *observation, o *Options, now time.Time) {
	m.orders = slices.DeleteFunc(m.orders, func(or order) bool {
		listed := slices.ContainsFunc(obs.servers, func(s Server) bool { return s.ID == or.id || or.id == "" && s.Name == or.name })
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

// see takes in what was seen of the server.
func (t *track) see(s Server, member *Member, wrong map[string]error, o *Options, now time.Time) {
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
		t.passes, bad = 0, "the provider says that it is "+string(s.State)
	}
	own := bad
	switch {
	case bad != "" || member == nil:
	case member.State == Down:
		bad = "the balancer says that it is down" + noted(member.Note)
	case member.State == Joining && t.served:
		bad = "the balancer does not send it requests yet" + noted(member.Note)
	}
	if o.Health == nil {
		own = bad // as nobody else tells
	}
	t.what, t.bad, t.sick = bad, since(t.bad, bad != "", now), since(t.sick, own != "", now)
	switch {
	case member == nil:
		t.added, t.drains = time.Time{}, time.Time{}
	case member.State == Draining || member.State == Drained:
		if t.drains.IsZero() {
			t.drains = now
		}
	default:
		t.drains = time.Time{}
		if t.added.IsZero() {
			t.added = now
		}
	}
	// One that is older than any half-made server can be was in rotation before the bot started. It is not to be taken away as a
	// creation that failed: that would empty a pool whose app is down.
	if t.seen.Equal(now) && !s.Created.IsZero() && now.Sub(s.Created) > o.halfMade() {
		t.served = true
	}
	if t.doom == "" && s.State == Failed {
		t.doom = unmade
	}
}

// since is since when something is so, the zero time where it is not. before is the same a pass earlier.
func since(before time.Time, so bool, now time.Time) time.Time {
	switch {
	case !so:
		return time.Time{}
	case before.IsZero():
		return now
	}
	return before
}

// shutOut says that only the balancer finds fault with the server.
func (t *track) shutOut() bool { return !t.bad.IsZero() && t.sick.IsZero() }

// stage says where the server stands.
func (t *track) stage(s Server, member *Member, o *Options) stage {
	switch {
	case s.State == Ending || !t.ended.IsZero():
		return stageEnding
	case member != nil && member.State == Draining:
		return stageDraining
	case member != nil && member.State == Drained:
		return stageDrained
	case member != nil && member.State == Serving:
		return stageServing
	case member != nil && t.served:
		return stageDown
	case member != nil:
		return stageJoining
	case s.State == Failed:
		return stageFailed
	case s.State == Making:
		return stageMaking
	case s.State == Off:
		return stageOff
	case o.Balancer == nil && (t.served && t.bad.IsZero() || t.passes >= o.HealthyAfter):
		return stageServing
	case o.Balancer == nil && t.served:
		return stageDown
	case o.Balancer != nil && t.passes >= o.HealthyAfter:
		return stageReady
	}
	return stageChecking
}

// noted puts somebody's words in brackets.
func noted(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}
