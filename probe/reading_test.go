package probe_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestReadingSurvivesJSON(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		span := rapid.Map(rapid.Int64Range(0, 3_600_000_000), func(us int64) time.Duration { return time.Duration(us) * time.Microsecond })
		want := probe.Reading{
			Signal: "heartbeat", Time: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).UTC(), Unit: "ms",
			Value:   rapid.Float64Range(0, 1e6).Draw(t, "value"),
			Measure: rapid.SampledFrom([]probe.Measure{"", probe.MeasureProcessing, probe.MeasureQueue}).Draw(t, "measure"),
			Outcome: rapid.SampledFrom([]probe.Outcome{probe.Answered, probe.Timeout, probe.BadAnswer}).Draw(t, "outcome"),
			Status:  rapid.IntRange(0, 599).Draw(t, "status"), Redirects: rapid.IntRange(0, 10).Draw(t, "redirects"),
			Error: rapid.String().Draw(t, "error"),
			Phases: probe.Phases{
				DNS: span.Draw(t, "dns"), Connect: span.Draw(t, "connect"), TLS: span.Draw(t, "tls"),
				Processing: span.Draw(t, "processing"), Transfer: span.Draw(t, "transfer"),
			},
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got probe.Reading
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("got  %+v\nwant %+v\nfrom %s", got, want, b)
		}
	})
}

func TestReadingIsWrittenInMilliseconds(t *testing.T) {
	b, err := json.Marshal(probe.Reading{
		Signal: "heartbeat", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Value: 12.5, Unit: "ms", Outcome: probe.Answered,
		Status: 200, Phases: probe.Phases{DNS: 1500 * time.Microsecond, Processing: 11 * time.Millisecond},
	})
	const want = `{"signal":"heartbeat","time":"2026-01-02T03:04:05Z","value":12.5,"unit":"ms","outcome":"answered","status":200,` +
		`"phases":{"dns_ms":1.5,"connect_ms":0,"tls_ms":0,"processing_ms":11,"transfer_ms":0}}`
	if err != nil || string(b) != want {
		t.Errorf("got  %s (%v)\nwant %s", b, err, want)
	}
}

func TestPhasesRefuseWhatIsNoObject(t *testing.T) {
	var p probe.Phases
	if err := json.Unmarshal([]byte(`[1]`), &p); err == nil {
		t.Error("no error")
	}
}
