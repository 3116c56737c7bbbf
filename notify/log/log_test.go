package log_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/log"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	notifytest.Run(t, func(*testing.T) notifytest.Fixture {
		var out bytes.Buffer
		return notifytest.Fixture{
			Notifier: log.New(slog.New(slog.NewTextHandler(&out, nil))),
			Arrived:  func() []string { return strings.Split(out.String(), "\n")[:strings.Count(out.String(), "\n")] },
		}
	})
}

func entry(t *testing.T, e notify.Event) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := log.New(slog.New(slog.NewJSONHandler(&out, nil))).Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "time") // the log's own
	return got
}

func TestAnEntryHoldsTheEventsFields(t *testing.T) {
	e := notifytest.Event(notify.NeedsExceedMax)
	e.DryRun = true
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	delete(want, "time") // the log has its own
	want["level"], want["msg"] = "INFO", e.Subject()
	if got := entry(t, e); !reflect.DeepEqual(got, want) {
		t.Errorf("logged %v\nwant   %v", got, want)
	}
	for _, name := range []string{"phase", "response_time_ms", "since", "dry_run"} {
		if got := entry(t, notify.Event{Kind: notify.Test}); got[name] != nil {
			t.Errorf("%s is logged though it is empty: %v", name, got)
		}
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		kind  notify.Kind
		phase notify.Phase
		want  string
	}{
		{notify.Scaled, "", "INFO"},
		{notify.Ping, "", "INFO"},
		{notify.Test, "", "INFO"},
		{notify.HeartbeatRecovered, notify.Resolved, "INFO"},
		{notify.ScaleFailed, "", "WARN"},
		{notify.ScaleFailed, notify.Opened, "WARN"},
		{notify.ScaleFailed, notify.Resolved, "INFO"},
		{notify.ScaleDiffExceeded, "", "WARN"},
		{notify.NeedsExceedMax, notify.Opened, "WARN"},
		{notify.NeedsExceedMax, notify.Reminded, "INFO"},
		{notify.NeedsExceedMax, notify.Resolved, "INFO"},
		{notify.LeftAlone, notify.Opened, "WARN"},
	} {
		if got := entry(t, notify.Event{Kind: c.kind, Phase: c.phase})["level"]; got != c.want {
			t.Errorf("%s %s is logged as %v, want %s", c.kind, c.phase, got, c.want)
		}
	}
}
