package email_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestAMailOfSeveralEventsReadsWell(t *testing.T) {
	opened := notifytest.Joining(notify.NeedsExceedMax)
	opened.Phase, opened.Incident, opened.Since = notify.Opened, "INC7", opened.Time
	got := arrives(t, notifytest.Joining(notify.Scaled), opened)
	const want = "[autoscalebot] dancing-forest: 2 notices: web is at its maximum of 3 and still too slow, and 1 more"
	if s := got.header(t, "Subject"); s != want {
		t.Errorf("Subject: %q, want %q", s, want)
	}
	reads(t, got, "testdata/batch")
}

func TestAMailOfSeveralEventsMeetsEachIncidentsThread(t *testing.T) {
	event := func(id, incident string, p notify.Phase) notify.Event {
		return notify.Event{ID: id, Incident: incident, Phase: p, Kind: notify.NeedsExceedMax}
	}
	scaled := event("e0", "", "")
	openA, openB := event("e1", "A", notify.Opened), event("e2", "B", notify.Opened)
	remindA, remindB := event("e3", "A", notify.Reminded), event("e4", "B", notify.Reminded)
	resolveA, resolveB := event("e5", "A", notify.Resolved), event("e6", "B", notify.Resolved)
	for name, c := range map[string]struct {
		batch           notify.Batch
		id, reply, refs string
	}{
		"no incident":                  {batch: notify.Batch{scaled, scaled}, id: "<e0@example.com>"},
		"one opens":                    {batch: notify.Batch{scaled, openA}, id: "<A@example.com>"},
		"two open, as if one answered": {batch: notify.Batch{openA, openB}, id: "<A@example.com>", refs: "<B@example.com>"},
		"one ends, another opens":      {batch: notify.Batch{resolveA, openB}, id: "<B@example.com>", reply: "<A@example.com>", refs: "<A@example.com>"},
		"one opens and ends":           {batch: notify.Batch{openA, resolveA}, id: "<A@example.com>"},
		"two open and end":             {batch: notify.Batch{openA, openB, resolveA, resolveB}, id: "<A@example.com>", refs: "<B@example.com>"},
		"one answers those of two":     {batch: notify.Batch{remindA, resolveB}, id: "<e3@example.com>", reply: "<A@example.com> <B@example.com>", refs: "<A@example.com> <B@example.com>"},
		"each incident is named once":  {batch: notify.Batch{scaled, remindB, resolveB}, id: "<e0@example.com>", reply: "<B@example.com>", refs: "<B@example.com>"},
		"single events have no thread": {batch: notify.Batch{scaled, remindA}, id: "<e0@example.com>", reply: "<A@example.com>", refs: "<A@example.com>"},
	} {
		got := arrives(t, c.batch[0], c.batch[1:]...)
		if id, reply, refs := got.header(t, "Message-ID"), got.header(t, "In-Reply-To"), got.header(t, "References"); id != c.id || reply != c.reply || refs != c.refs {
			t.Errorf("%s: the mail is %s, in reply to %q, with the references %q; want %s, %q, %q", name, id, reply, refs, c.id, c.reply, c.refs)
		}
	}
}
