package notify

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"time"
)

// ShortestReminder bounds the time between two notices of one incident: people told more often stop reading.
const ShortestReminder = 5 * time.Minute

// An Incident is something that goes on.
type Incident struct {
	// Since is when it began.
	Since time.Time `json:"since"`
	// Notified is when people were told last.
	Notified time.Time `json:"notified"`
}

// IncidentID is the id of the incident k that began at since: for [Event.Incident]. It is 26 capital letters and
// digits, made of what is given here alone, so it is the same for every notice of one incident, also after a restart
// and on another machine; and another one for each incident, app and process type.
func IncidentID(app, processType string, k Kind, since time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", app, processType, k, since.Unix(), since.Nanosecond()))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

// Incidents are the incidents that go on, by the kind of event that tells them. The zero value, nil, means that nothing
// goes on.
//
// It is a plain value: a copy made by assignment stays as it is when the original is updated, and JSON keeps it whole.
type Incidents map[Kind]Incident

// Update takes in that the incident k goes on, or does not, as seen at now, and returns what to tell: Opened when it
// begins, Reminded whenever it goes on and people were told reminder ago or longer, Resolved when it ends, and
// otherwise "" for nothing. A reminder of 0 or less means never, and one below [ShortestReminder] means that.
//
// since is when the incident began, also when there is nothing to tell and when it just ended; it is zero when k did
// not go on. [IncidentID] makes the incident's id of it.
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

// With is in with the incidents of others of whose kind in has none.
func (in Incidents) With(others Incidents) Incidents {
	if len(others) == 0 {
		return in
	}
	all := maps.Clone(others)
	maps.Copy(all, in)
	return all
}

// set and remove change a copy, so that the map which a copied value shares stays as it is.
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
