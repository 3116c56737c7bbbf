package jobs_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

type source struct {
	backlog jobs.Backlog
	err     error
}

func (s source) Backlog(context.Context) (jobs.Backlog, error) { return s.backlog, s.err }

func TestValues(t *testing.T) {
	s := source{backlog: jobs.Backlog{Busy: 2, Queues: []jobs.Queue{
		{Name: "a", Size: 3, Busy: 1, Wait: 2500 * time.Millisecond},
		{Name: "b", Size: 4, Wait: time.Second},
		{Name: "c", Size: 100, Busy: 1, Wait: time.Hour, Paused: true},
	}}}
	for v, want := range map[jobs.Value]probe.Reading{
		jobs.Latency: {Value: 2.5, Unit: "s"}, jobs.Size: {Value: 7, Unit: "jobs"}, jobs.Busy: {Value: 4, Unit: "jobs"},
	} {
		p, err := jobs.New(s, "jobs."+string(v), v)
		if err != nil {
			t.Fatal(err)
		}
		r := p.Probe(t.Context())
		if r.Value != want.Value || r.Unit != want.Unit || r.Work != 11 || r.Outcome != probe.Answered || r.Signal != "jobs."+string(v) {
			t.Errorf("%s: got %+v, want %+v", v, r, want)
		}
	}
	if _, err := jobs.New(s, "jobs", "lag"); err == nil || err.Error() != `unknown value "lag": must be latency, size or busy` {
		t.Errorf("got %v", err)
	}
}

func TestAFailureHasNoValue(t *testing.T) {
	p, err := jobs.New(source{jobs.Backlog{Busy: 2}, errors.New("gone")}, "jobs.busy", jobs.Busy)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Probe(t.Context()); r.Outcome != probe.BadAnswer || r.Error != "gone" || r.Value != 0 || r.Work != 0 {
		t.Errorf("got %+v", r)
	}
	if notes := p.Notes(t.Context()); notes != nil {
		t.Errorf("got %q", notes)
	}
}

func TestNotes(t *testing.T) {
	for _, tt := range []struct {
		b    jobs.Backlog
		want []string
	}{
		{jobs.Backlog{Queues: []jobs.Queue{{Name: "a"}, {Name: "b", Size: 1}}}, nil},
		{jobs.Backlog{}, []string{"there are no queues yet, which counts as empty queues. Check the database in the URL"}},
		{
			jobs.Backlog{Queues: []jobs.Queue{{Name: "a", Unknown: true}, {Name: "b", Paused: true}}, Known: []string{"b", "c"}},
			[]string{
				`the queue "a" does not exist, which counts as an empty queue. The queues are ["b" "c"]`,
				`the queue "b" is paused: its waiting jobs do not count`,
			},
		},
		{
			jobs.Backlog{Queues: []jobs.Queue{{Name: "a", Unknown: true}}},
			[]string{`the queue "a" does not exist, which counts as an empty queue. Check its name and the database`},
		},
	} {
		if got := tt.b.Notes(); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: got %q, want %q", tt.b, got, tt.want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"sidekiq", "Sidekiq", "side-kiq", "side_kiq"} {
		if r, ok := jobs.Find(name); !ok || r.Title != "Sidekiq" {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	if r, ok := jobs.Find("sidekik"); ok {
		t.Errorf("got %+v", r)
	}
}
