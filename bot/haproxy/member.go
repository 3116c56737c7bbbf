package haproxy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// An empty slot is not a member.
func member(s server, st stat, counted bool) (pool.Member, bool) {
	if s.slot() && s.maint() {
		return pool.Member{}, false
	}
	m := pool.Member{Name: s.name, Address: s.address(), Requests: -1, Note: st.status}
	if counted {
		m.Requests = st.sessions
	}
	switch {
	case s.maint(), s.admin&adminDrain != 0, s.weight == 0, s.op == opStopping:
		m.State = pool.Draining
		if m.Requests == 0 {
			m.State = pool.Drained
		}
	case s.op != opStopped:
		m.State = pool.Serving
		if st.status == "UP" || st.status == "no check" {
			m.Note = ""
		}
		return m, true
	case st.downs > 0 || !counted && s.checked == checkFailed:
		m.State = pool.Down
	default:
		m.State = pool.Joining
	}
	if st.check != "" && s.op == opStopped && !s.maint() {
		m.Note = strings.TrimPrefix(m.Note+": "+st.check, ": ")
	}
	return m, true
}

func merge(names []string, lists [][]pool.Member) []pool.Member {
	of := map[string][]pool.Member{}
	notes := map[string][]string{}
	for i, list := range lists {
		for _, m := range list {
			of[m.Name] = append(of[m.Name], m)
			if m.Note != "" && len(lists) > 1 {
				notes[m.Name] = append(notes[m.Name], names[i]+": "+m.Note)
			}
		}
	}
	for i, list := range lists {
		for name := range of {
			if !slices.ContainsFunc(list, func(m pool.Member) bool { return m.Name == name }) {
				notes[name] = append(notes[name], "not on "+names[i])
			}
		}
	}
	var all []pool.Member
	for name, each := range of {
		m := each[0]
		for _, other := range each[1:] {
			m.Partly = m.Partly || other.Partly || other.Address != m.Address || leaves(other.State) != leaves(m.State)
			m.State = worse(m.State, other.State)
			if m.Requests >= 0 && other.Requests >= 0 {
				m.Requests += other.Requests
			} else {
				m.Requests = -1
			}
		}
		if len(each) < len(lists) {
			m.Partly = true
			if m.State == pool.Serving {
				m.State = pool.Joining
			}
		}
		if len(lists) > 1 {
			m.Note = strings.Join(notes[name], "; ")
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b pool.Member) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func leaves(s pool.MemberState) bool { return s == pool.Draining || s == pool.Drained }

func worse(a, b pool.MemberState) pool.MemberState {
	if leaves(a) != leaves(b) {
		return pool.Draining // one does not drain it yet
	}
	order := []pool.MemberState{pool.Serving, pool.Joining, pool.Down, pool.Drained, pool.Draining}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}
