package pool

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

// A Status describes the pool for people and programs.
type Status struct {
	Name string `json:"name"`
	// Time of the last complete pass; zero before the first.
	Time time.Time `json:"time"`
	// Want is the desired number, Serving the number that get requests, Existing all that may cost money.
	Want     int `json:"want"`
	Serving  int `json:"serving"`
	Existing int `json:"existing"`
	// Min and Max are the limits now in force.
	Min int `json:"min"`
	Max int `json:"max"`
	// Size that the servers should have; empty for the provider's default.
	Size string `json:"size,omitempty"`
	// DollarsPerHour is the cost of all servers together; 0 if the price of one is unknown.
	DollarsPerHour float64 `json:"dollars_per_hour,omitempty"`
	Settled        bool    `json:"settled"`
	// Observe is true in a dry run: nothing is ever changed.
	Observe bool `json:"observe,omitempty"`
	// Error is why the last pass could not read the pool; empty if it could.
	Error string `json:"error,omitempty"`
	// Blocked says for each obstacle why the pool is not in its desired state.
	Blocked map[Obstacle]string `json:"blocked,omitempty"`
	// Findings are deviations that block nothing, such as servers of another size than new ones.
	Findings []string `json:"findings,omitempty"`
	// Next lists what the last pass did, or would have done, and why.
	Next    []string       `json:"next,omitempty"`
	Servers []ServerStatus `json:"servers"`
}

// A ServerStatus describes one server.
type ServerStatus struct {
	Name    string `json:"name"`
	ID      string `json:"id,omitempty"` // empty until the order is confirmed
	Address string `json:"address,omitempty"`
	// Stage is one of ordered, making, checking, ready, joining, serving, down, draining, drained, off, failed, ending,
	// resizing.
	Stage string `json:"stage"`
	// Leaving is true on the way out. Text is a summary for people, such as "creating: active, waiting for health 40
	// s".
	Leaving bool      `json:"leaving,omitempty"`
	Text    string    `json:"text"`
	Size    string    `json:"size,omitempty"`
	Price   float64   `json:"price,omitempty"` // dollars an hour
	Created time.Time `json:"created,omitzero"`
	// Requests in flight; -1 if unknown.
	Requests int `json:"requests"`
}

// Status describes the pool as of the last pass.
func (p *Pool) Status() Status {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	st := Status{
		Name: p.o.Name, Time: p.at, Want: p.memory.want, Size: p.memory.size,
		Settled: p.planned && p.plan.settled && p.err == nil, Observe: p.o.Observe,
		Blocked: maps.Clone(p.plan.obstacles), Servers: []ServerStatus{},
	}
	st.Min, st.Max = p.o.limits(now)
	if p.err != nil {
		st.Error = p.err.Error()
	}
	for _, a := range p.plan.actions {
		st.Next = append(st.Next, a.String())
	}
	var stay []Server
	unpriced := false
	for _, known := range p.servers {
		s := *known
		if !s.leaving() {
			stay = append(stay, s.Server)
		}
		if t := p.memory.tracks[s.ID]; t != nil {
			s.track = *t
		}
		if s.stage == stageServing {
			st.Serving++
		}
		hourly := p.o.hourly(&s, p.servers)
		unpriced = unpriced || hourly == 0
		st.DollarsPerHour += hourly
		st.Servers = append(st.Servers, s.status(p.memory.resizing[s.ID], &p.o, now))
	}
	for _, o := range p.memory.orders {
		st.DollarsPerHour += p.o.priceOf(o.size, p.servers)
		st.Servers = append(st.Servers, ServerStatus{
			Name: o.name, ID: o.id, Stage: "ordered", Size: o.size, Requests: -1,
			Text: "creating: ordered " + words.Length(now.Sub(o.at)),
		})
	}
	if unpriced { // a partial sum would look like the whole
		st.DollarsPerHour = 0
	}
	st.Existing = len(st.Servers)
	if others := otherSizes(stay, st.Size); others != "" {
		st.Findings = append(st.Findings, others)
	}
	return st
}

// Servers describes each server as of the last pass, oldest first.
func (p *Pool) Servers() []ServerStatus { return p.Status().Servers }

// Addresses returns the addresses of the servers in rotation, for signals that read each server.
func (p *Pool) Addresses() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, s := range p.servers {
		if s.stage == stageServing && s.Address != "" {
			list = append(list, s.Address)
		}
	}
	return list
}

func (s *tracked) status(resizing string, o *Options, now time.Time) ServerStatus {
	st := ServerStatus{
		Name: s.Name, ID: s.ID, Address: s.Address, Stage: string(s.stage), Leaving: s.leaving(), Text: s.text(o, now),
		Size: s.Size, Price: s.Price, Created: s.Created, Requests: -1,
	}
	if s.member != nil {
		st.Requests = s.member.Requests
	}
	if resizing != "" {
		st.Stage, st.Text = "resizing", resizing
	}
	return st
}

func (s *tracked) text(o *Options, now time.Time) string {
	var b strings.Builder
	switch {
	case s.stage == stageEnding:
		b.WriteString("destroying")
	case s.stage == stageDraining:
		fmt.Fprintf(&b, "draining for %s of at most %v", words.Length(now.Sub(s.drainsSince)), o.DrainTimeout)
		if s.member.Requests >= 0 {
			fmt.Fprintf(&b, ", requests left: %d", s.member.Requests)
		}
	case s.stage == stageDrained:
		b.WriteString("drained")
	case s.leaving():
		b.WriteString(string(s.stage) + ", leaving")
	case s.halfMade():
		b.WriteString("creating: " + s.progress(now))
	default:
		b.WriteString(string(s.stage))
	}
	if s.leavesFor != "" {
		b.WriteString(": " + string(s.leavesFor))
	}
	if s.served && !s.leaving() && !s.failsSince.IsZero() {
		fmt.Fprintf(&b, ", failing for %s: %s", words.Length(now.Sub(s.failsSince)), s.problem)
	}
	if s.Note != "" {
		b.WriteString(noted(s.Note))
	}
	if s.last != "" {
		b.WriteString("; " + s.last)
	}
	return b.String()
}

func (s *tracked) progress(now time.Time) string {
	switch s.stage {
	case stageMaking:
		return "ordered, starting for " + words.Length(now.Sub(s.firstSeen))
	case stageChecking:
		if s.passes > 0 {
			return fmt.Sprintf("active, healthy %s so far", times(s.passes))
		}
		return "active, waiting for health for " + words.Length(now.Sub(s.active)) + s.trouble()
	case stageJoining:
		return "healthy, joining the balancer for " + words.Length(now.Sub(s.added)) + s.joinNote()
	case stageReady, stageServing, stageDown, stageDraining, stageDrained, stageOff, stageFailed, stageEnding:
	}
	return string(s.stage)
}

func (a action) String() string {
	return fmt.Sprintf("%s %s: %s", a.verb, cmp.Or(a.name, a.member.ID), a.why)
}

// String describes the pool, then each server on a line of its own.
func (st Status) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: desired %d, serving %d, existing %d, limits %d to %d",
		st.Name, st.Want, st.Serving, st.Existing, st.Min, st.Max)
	if st.DollarsPerHour > 0 {
		fmt.Fprintf(&b, ", $%.4g an hour", st.DollarsPerHour)
	}
	if st.Error != "" {
		fmt.Fprintf(&b, "\n  cannot be read: %s", st.Error)
	}
	for _, o := range slices.Sorted(maps.Keys(st.Blocked)) {
		fmt.Fprintf(&b, "\n  %s", st.Blocked[o])
	}
	for _, f := range st.Findings {
		fmt.Fprintf(&b, "\n  %s", f)
	}
	for _, s := range st.Servers {
		fmt.Fprintf(&b, "\n  %s %s", s.Name, s.Text)
	}
	if st.Observe {
		for _, n := range st.Next {
			fmt.Fprintf(&b, "\n  would %s", n)
		}
	}
	return b.String()
}
