package bot_test

import "testing"

func TestTheNoticesOfOneIncidentShareItsID(t *testing.T) {
	w := newWorld(3)
	w.beat(times(123, slow)...) // opened, and reminded after an hour
	w.beat(times(3, right)...)
	w.beat(times(3, slow)...)
	ids := []string{}
	for _, e := range w.inbox.events {
		ids = append(ids, e.Incident)
	}
	if len(ids) != 4 || ids[0] == "" || ids[1] != ids[0] || ids[2] != ids[0] || ids[3] == "" || ids[3] == ids[0] {
		t.Errorf("opened, reminded, resolved and opened again have the ids %q", ids)
	}
}

func TestTheEndOfBlindnessHasTheIDOfItsBeginning(t *testing.T) {
	w := newWorld(2)
	w.beat(times(3, blind)...)
	w.beat(right)
	e := w.inbox.events
	if len(e) != 2 || e[0].Incident == "" || e[1].Incident != e[0].Incident {
		t.Errorf("told %+v", e)
	}
}
