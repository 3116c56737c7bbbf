package notify

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"time"
)

// ShortestReminder is the minimum time between two notices of one incident.
const ShortestReminder = 5 * time.Minute

// An Incident is a condition that lasts until it is resolved.
type Incident struct {
	// Since is when it began.
	Since time.Time `json:"since"`
	// Notified is when the last notice was sent.
	Notified time.Time `json:"notified"`
}

// IncidentID is the ID of the incident k that began at since, for [Event.Incident]: 26 capital letters and digits. It
// depends on the arguments alone, so all notices of an incident carry the same ID, also after a restart or from another
// machine. Each incident of each app and process type has its own.
func IncidentID(app, processType string, k Kind, since time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", app, processType, k, since.Unix(), since.Nanosecond()))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

// Incidents are the open incidents by kind. The zero value, nil, has no incidents.
//
// It is a plain value. A copy made by assignment does not change with the original, and JSON keeps it whole.
type Incidents map[Kind]Incident

// Update records at now whether the incident k is on, and returns the notice to send: Opened when it begins, Reminded
// when it is on and the last notice is at least reminder old, Resolved when it ends, and "" for no notice. A reminder
// of 0 or less means never; a shorter one than [ShortestReminder] means ShortestReminder.
//
// since is when the incident began, also without a notice and when it has just ended. It is zero if k was not on.
func (in *Incidents) Update(k Kind, on bool, now time.Time, reminder time.Duration) (p Phase, since time.Time) {
	was, open := (*in)[k]
	switch {
	case on && !open:
		in.set(k, Incident{Since: now, Notified: now})
		return Opened, now
	case on && reminder > 0 && now.Sub(was.Notified) >= max(reminder, ShortestReminder):
		in.set(k, Incident{Since: was.Since, Notified: now})
		return Reminded, was.Since
	case !on && open:
		in.remove(k)
		return Resolved, was.Since
	}
	return "", was.Since
}

// With returns in plus the incidents of others whose kinds in does not have.
func (in Incidents) With(others Incidents) Incidents {
	if len(others) == 0 {
		return in
	}
	all := maps.Clone(others)
	maps.Copy(all, in)
	return all
}

// A copied Incidents value shares the map, so set and remove change a copy of it.
func (in *Incidents) set(k Kind, i Incident) {
	next := make(Incidents, len(*in)+1)
	maps.Copy(next, *in)
	next[k] = i
	*in = next
}

func (in *Incidents) remove(k Kind) {
	if len(*in) == 1 {
		*in = nil
		return
	}
	next := maps.Clone(*in)
	delete(next, k)
	*in = next
}
