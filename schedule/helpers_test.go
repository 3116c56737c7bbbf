package schedule_test

import (
	"testing"
	"time"
	_ "time/tzdata" // The tests do not depend on the zones of the machine.

	"github.com/autoscalebot/autoscalebot/schedule"
)

func parse(t testing.TB, text string) schedule.Series {
	t.Helper()
	s, err := schedule.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return s
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func table(t testing.TB, min, max, zoneName string) schedule.Table {
	t.Helper()
	tab, err := schedule.New(parse(t, min), parse(t, max), zone(t, zoneName))
	if err != nil {
		t.Fatalf("New(%q, %q): %v", min, max, err)
	}
	return tab
}

// text is such as "2006-01-02 15:04".
func moment(t testing.TB, text string, z *time.Location) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
