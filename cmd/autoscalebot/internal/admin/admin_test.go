package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func near(at time.Time, d time.Duration) bool {
	off := time.Until(at) - d
	return off < time.Minute && off > -time.Minute
}

func TestPauseHoldsTheBotBackUntilResumed(t *testing.T) {
	w := open(t, nil)
	st, err := w.client.Pause(t.Context(), bot.Up, admin.End{For: 2 * time.Hour})
	must(t, err)
	if up := st.Control.Up; !up.On || !near(up.Until, 2*time.Hour) || st.Control.Down.On {
		t.Errorf("after pausing up for 2 h, what holds is %+v", st.Control)
	}
	w.prober.ms = 2000
	for range 5 {
		w.Tick(t.Context(), time.Now())
	}
	if w.platform.dynos() != 2 {
		t.Errorf("paused, the bot scaled to %d", w.platform.dynos())
	}
	if _, err := w.client.Resume(t.Context(), bot.Down); err != nil || !w.Control().Up.On {
		t.Errorf("resuming down ended the pause of up, or failed: %v", err)
	}
	if st, err = w.client.Resume(t.Context(), bot.Both); err != nil || !st.Control.IsZero() {
		t.Errorf("after resuming, what holds is %+v, %v", st.Control, err)
	}
	w.Tick(t.Context(), time.Now())
	if w.platform.dynos() != 3 {
		t.Errorf("resumed, the bot left %d dynos, want 3", w.platform.dynos())
	}
	if st, err = w.client.Pause(t.Context(), bot.Both, admin.End{}); err != nil || !st.Control.Up.On || !st.Control.Down.On || !st.Control.Down.Until.IsZero() {
		t.Errorf("after pausing both, what holds is %+v, %v", st.Control, err)
	}
}

// A time of day in a request is in the schedule's zone.
func TestUntilIsInTheScheduleZone(t *testing.T) {
	w := open(t, nil)
	end := time.Now().In(kathmandu).Add(26 * time.Hour).Truncate(time.Minute)
	for _, until := range []string{end.Format("2006-01-02 15:04"), end.Format("15:04 2006-01-02"), end.Format(time.RFC3339), end.UTC().Format("2006-01-02 15:04 UTC")} {
		resp, body := w.ask(t, "", "POST", "/v1/pause", `{"direction":"up","until":"`+until+`"}`, nil)
		if got := w.Control().Up.Until; resp.StatusCode != 200 || got.Sub(end).Abs() > 2*time.Second {
			t.Errorf("until %s it is paused until %v, want %v: %s", until, got.In(kathmandu), end, body)
		}
	}
}

func TestOrderIsKeptUntilItIsEnded(t *testing.T) {
	w := open(t, nil)
	st, err := w.client.Scale(t.Context(), 4, admin.End{For: time.Hour})
	if err != nil || st.Control.Override.Dynos != 4 || !near(st.Control.Override.Until, time.Hour) {
		t.Fatalf("after asking for 4 for 1 h, what holds is %+v, %v", st.Control, err)
	}
	w.Tick(t.Context(), time.Now())
	if w.platform.dynos() != 4 {
		t.Errorf("the bot left %d dynos, want 4", w.platform.dynos())
	}
	if st, err = w.client.EndOverride(t.Context()); err != nil || !st.Control.IsZero() {
		t.Errorf("after the order was ended, what holds is %+v, %v", st.Control, err)
	}
	if st.LastChange == nil || st.LastChange.Headline() != "scaled 2 → 4" || st.Last == nil || st.Last.Dynos != 2 {
		t.Errorf("the last change is %+v, the last heartbeat %+v", st.LastChange, st.Last)
	}
	if st.CooldownUp < 3500 || st.CooldownUp > 3600 || st.CooldownDown != 0 {
		t.Errorf("cooldowns are %g up and %g down, want nearly an hour and none", st.CooldownUp, st.CooldownDown)
	}
}

// A pause is an incident for notices, and in the status one of the things that people set.
func TestStatusHasTheOpenIncidents(t *testing.T) {
	w := open(t, func(o *bot.Options) { o.Notifier, o.Notices.ScaleFails = silent{}, true })
	_, err := w.client.Pause(t.Context(), bot.Up, admin.End{})
	must(t, err)
	begin := time.Now().Add(-time.Hour)
	w.platform.err = errors.New("the API is down")
	w.Tick(t.Context(), begin)
	w.Tick(t.Context(), begin.Add(12*time.Minute))
	st, err := w.client.Status(t.Context())
	must(t, err)
	want := admin.Incident{
		Kind: notify.ScaleFailed, Since: begin, Text: "the number of web dynos could not be read (for 12 min)",
		Advice: "Look at the platform's status page, and run autoscalebot check. The bot tries again at each heartbeat.",
	}
	if len(st.Incidents) != 1 || !st.Incidents[0].Since.Equal(begin) {
		t.Fatalf("the incidents are %+v", st.Incidents)
	}
	want.Since = st.Incidents[0].Since
	if st.Incidents[0] != want {
		t.Errorf("the incident is %+v, want %+v", st.Incidents[0], want)
	}
}

type silent struct{}

func (silent) Notify(context.Context, notify.Event) error { return nil }

func TestLimitsAreOverridden(t *testing.T) {
	w := open(t, nil)
	later := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	_, err := w.client.OverrideLimits(t.Context(), schedule.Limits{Min: 4, Max: 5}, later, admin.End{For: time.Hour})
	must(t, err)
	st, err := w.client.OverrideLimits(t.Context(), schedule.Limits{Min: 3, Max: 4}, time.Time{}, admin.End{Until: time.Now().Add(time.Hour)})
	must(t, err)
	all := st.Control.Limits
	if len(all) != 2 || !near(all[0].Until, time.Hour) || !all[1].From.Equal(later) || !all[1].Until.Equal(later.Add(time.Hour)) {
		t.Fatalf("what holds is %+v", all)
	}
	if want := (schedule.Limits{Min: 3, Max: 4}); st.Limits != want || all[0].Limits != want || all[0].By == "" {
		t.Errorf("the limits are %+v of %+v", st.Limits, all[0])
	}
	w.Tick(t.Context(), time.Now())
	if w.platform.dynos() != 3 {
		t.Errorf("the bot left %d dynos, want 3", w.platform.dynos())
	}
	if st, err = w.client.EndLimits(t.Context(), later); err != nil || len(st.Control.Limits) != 1 {
		t.Errorf("after the later one was ended, what holds is %+v, %v", st.Control, err)
	}
	if st, err = w.client.EndLimits(t.Context(), time.Time{}); err != nil || !st.Control.IsZero() || st.Limits.Max != 5 {
		t.Errorf("after all were ended, what holds is %+v within %+v, %v", st.Control, st.Limits, err)
	}
}

func TestOrderWithoutALengthHoldsAsLongAsAHand(t *testing.T) {
	for hold, want := range map[time.Duration]time.Duration{10 * time.Minute: 10 * time.Minute, 0: time.Minute} {
		w := open(t, func(o *bot.Options) { o.Policy.ManualHold = hold })
		if st, err := w.client.Scale(t.Context(), 4, admin.End{}); err != nil || !near(st.Control.Override.Until, want) {
			t.Errorf("with a hold of %v it holds until %v, want %v; %v", hold, st.Control.Override.Until, want, err)
		}
	}
}

func TestStatusOfABotThatGoesOn(t *testing.T) {
	w := open(t, func(o *bot.Options) {
		o.DryRun, o.Policy.PauseDown, o.Policy.CooldownDown = true, true, time.Hour
		o.Memory.State.LastUp = time.Now().Add(-30 * time.Minute)
		o.Memory.State.Control = decide.Control{Up: decide.Pause{On: true, Until: time.Now().Add(-time.Second)}}
	})
	st, err := w.client.Status(t.Context())
	must(t, err)
	got := fmt.Sprintf("%s %s %s %t %v %v %+v %.0f %.0f %v %v", st.Version, st.App, st.ProcessType, st.DryRun, st.Limits, st.PausedBySettings,
		st.Control.IsZero(), st.CooldownUp/60, st.CooldownDown/60, st.Last, st.LastChange)
	if want := "1.2.3 dancing-forest web true {1 5} [down] true 30 30 <nil> <nil>"; got != want {
		t.Errorf("the status is\n%s, want\n%s", got, want)
	}
}

func TestRecordsComeOldestFirst(t *testing.T) {
	w := open(t, nil)
	if got, err := w.client.Records(t.Context(), 20); err != nil || len(got) != 0 {
		t.Errorf("before any heartbeat there are %d records, %v", len(got), err)
	}
	begin := time.Now()
	for i := range 25 {
		w.Tick(t.Context(), begin.Add(time.Duration(i)*time.Minute))
	}
	got, err := w.client.Records(t.Context(), 3)
	if err != nil || len(got) != 3 || !got[0].Time.Equal(begin.Add(22*time.Minute)) || !got[2].Time.Equal(begin.Add(24*time.Minute)) {
		t.Errorf("the newest 3 are %v, %v", got, err)
	}
	if got[2].Why() != "500 ms is ok (between 200 and 1000 ms)" {
		t.Errorf("on the other side, a record says: %s", got[2].Why())
	}
	if _, body := w.ask(t, "", "GET", "/v1/records", "", nil); strings.Count(body, `"why"`) != 20 {
		t.Errorf("without n there are %d records with why, want 20", strings.Count(body, `"why"`))
	}
}

// Earlier records come from the history, in pages, in the schedule's zone.
func TestRecordsOfAPeriod(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{URL: history.Memory, App: "dancing-forest", ProcessType: "web"})
	must(t, err)
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	begin := time.Now().Add(-2 * time.Hour).Truncate(time.Hour)
	for i := range 60 {
		r := record.Record{Time: begin.Add(time.Duration(i) * time.Minute), App: "dancing-forest", ProcessType: "web", Action: record.Held, Dynos: 2}
		r.Readings = []probe.Reading{{Signal: "heartbeat", Time: r.Time, Value: 500, Unit: "ms", Outcome: probe.Answered, Status: 200}}
		r.Decision.Rule = decide.RuleHold
		if r.Decision.Verdict = decide.OK; i%20 == 10 {
			r.Action = record.Scaled
		}
		must(t, db.Record(t.Context(), r))
	}
	must(t, db.Flush(t.Context()))
	all, err := db.Records(t.Context(), history.Query{})
	must(t, err)
	var w *world
	for _, kept := range []*history.DB{db, nil} { // without a history, the ledger has the newest records
		w = openKeeping(t, kept, nil)
		for _, r := range all {
			must(t, w.ledger.Record(t.Context(), r))
		}
		minutes := func(q string) (out []int) {
			t.Helper()
			resp, body := w.ask(t, "", "GET", "/v1/records?"+q, "", nil)
			var answer struct {
				Records []record.Record
				Reach   *history.Reach
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil || resp.StatusCode != 200 || answer.Reach == nil {
				t.Fatalf("%s is answered with %d %s", q, resp.StatusCode, body)
			}
			if kept != nil && !answer.Reach.First.Equal(begin) {
				t.Errorf("the history begins at %v, want %v", answer.Reach.First, begin)
			}
			for _, r := range answer.Records {
				out = append(out, int(r.Time.Sub(begin).Minutes()))
			}
			return out
		}
		at := func(minute int) string {
			return url.QueryEscape(begin.Add(time.Duration(minute) * time.Minute).In(kathmandu).Format("2006-01-02 15:04"))
		}
		for q, want := range map[string][]int{
			"since=" + at(57): {57, 58, 59}, "since=" + at(57) + "&until=" + at(59): {57, 58}, "until=" + at(40) + "&n=2": {38, 39},
			"since=" + at(30) + "&oldest=true&n=2": {30, 31}, "changed=true": {10, 30, 50}, "changed=true&n=1&oldest=true": {10}, "changed=false&n=1": {59},
			"since=" + at(60): nil,
		} {
			if got := minutes(q); !slices.Equal(got, want) {
				t.Errorf("%s is answered with %v, want %v", q, got, want)
			}
		}
	}
	for q, want := range map[string]string{
		"since=soon": "since: \\\"soon\\\": must be a time such as", "changed=maybe": "changed is \\\"maybe\\\": must be true or false", "rule=x": "unknown parameter \\\"rule\\\"",
		"since=1h&n=501": "must be a whole number from 1 to 500",
	} {
		if resp, body := w.ask(t, "", "GET", "/v1/records?"+q, "", nil); resp.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%s is answered with %d %s, want %s", q, resp.StatusCode, body, want)
		}
	}
}

func TestDocumentHasAllOfARecord(t *testing.T) {
	w := open(t, nil)
	quota := 4321
	pause := decide.Pause{On: true, Until: time.Now(), By: "uid 1000"}
	reading := probe.Reading{
		Signal: "heartbeat", Time: time.Now(), Value: 1, Unit: "ms", Measure: probe.MeasureProcessing, Outcome: probe.ServerError, Status: 503,
		Phases: probe.Phases{DNS: 1}, Redirects: 1, Error: "503",
	}
	_ = w.ledger.Record(t.Context(), record.Record{
		Time: time.Now(), App: "a", ProcessType: "web", Readings: []probe.Reading{reading}, Limits: schedule.Limits{Max: 1}, Dynos: -1,
		Decision: decide.Decision{
			From: 1, To: 1, Rule: decide.RuleSlow,
			HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.Slow}, Desired: 2,
			Clamps:       []decide.Clamp{{By: decide.ClampCooldown, From: 2, To: 1, SecondsLeft: 3}},
			FoundChanges: decide.FoundChanges{ManualChange: &decide.ManualChange{From: 1, To: 2}},
			Ineffective:  &decide.ScaleUps{From: 1, Before: decide.Level{N: 3, SumMS: 4000, Timeouts: 1, Errors: 1}, N: 3, StuckSince: time.Now(), Left: 4, Calm: 1},
			Load:         &adaptive.Estimate{Low: 2.9, Likely: 3.4, High: 4.1, Busy: 0.7, Need: 5, Most: 6, HoldSeconds: 300, Trial: true},
			BootSeconds:  40, Bill: &decide.Bill{Spend: decide.Spend{Dollars: 1}, Budget: 100},
		},
		Action: record.Failed, Error: "no", Quota: &quota,
		Control: decide.Control{
			Up: pause, Down: pause, Override: decide.Override{Dynos: 3, Until: time.Now(), By: "uid 1000"},
			Limits: []decide.LimitsOverride{{Limits: schedule.Limits{Min: 1, Max: 2}, From: time.Now(), Until: time.Now(), By: "uid 1000"}},
		},
	})
	if _, err := w.client.Records(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", 404, `unknown path "/". docs/openapi.yaml lists the paths`},
		{"GET", "/v1/status/", "", 404, `unknown path "/v1/status/". docs/openapi.yaml lists the paths`},
		{"POST", "/v1/status", "", 405, "/v1/status accepts only GET"},
		{"GET", "/v1/override", "", 405, "/v1/override accepts only DELETE"},
		{"GET", "/v1/records?n=0", "", 400, `n is "0": must be a whole number from 1 to 500`},
		{"GET", "/v1/records?n=many", "", 400, `n is "many": must be a whole number from 1 to 500`},
		{"POST", "/v1/pause", "", 400, "the body is empty: must be a JSON object"},
		{"POST", "/v1/pause", `{"direction":"up","till":"2h"}`, 400, `invalid body: json: unknown field "till"`},
		{"POST", "/v1/pause", `{"direction":"up","for":"2h","until":"18:00"}`, 422, "for and until are both set: use one of them"},
		{"POST", "/v1/pause", `{"direction":"up","until":"soon"}`, 422, `until: "soon": must be a time such as 18:00, "fri 9:00", "tomorrow 9:00", 2026-11-29 or "2026-11-29 15:00"`},
		{"POST", "/v1/pause", `{"direction":"up","until":"2026-01-01"}`, 422, `until is "2026-01-01", which is 2026-01-01 00:00 Asia/Kathmandu: must be in the future, and at most 366 days from now`},
		{"POST", "/v1/scale", `{"dynos":2,"until":"2190-01-01"}`, 422, `until is "2190-01-01", which is 2190-01-01 00:00 Asia/Kathmandu: must be in the future, and at most 366 days from now`},
		{"POST", "/v1/pause", `{"direction":"up","for":"` + strings.Repeat("9", 200) + `"}`, 422, `for is "` + strings.Repeat("9", 80) + `": must be a duration of at most 366 days, such as 90m, 2h or 2 days`},
		{"POST", "/v1/pause", `{"direction":"up"`, 400, "invalid body: unexpected EOF"},
		{"POST", "/v1/pause", `{"direction":"up"} {"direction":"down"}`, 400, "the body has more than one JSON value"},
		{"POST", "/v1/pause", `[]`, 400, "the body must be a JSON object, not array"},
		{"POST", "/v1/pause", `{}`, 422, `invalid direction "": must be up, down or both`},
		{"POST", "/v1/pause", `{"direction":"sideways"}`, 422, `invalid direction "sideways": must be up, down or both`},
		{"POST", "/v1/pause", `{"direction":"up","for":"soon"}`, 422, `for is "soon": must be a duration of at most 366 days, such as 90m, 2h or 2 days`},
		{"POST", "/v1/pause", `{"direction":"up","for":"-2h"}`, 422, `for is "-2h": must be a duration of at most 366 days, such as 90m, 2h or 2 days`},
		{"POST", "/v1/pause", `{"direction":"up","for":"8785h"}`, 422, `for is "8785h": must be a duration of at most 366 days, such as 90m, 2h or 2 days`},
		{"POST", "/v1/pause", `{"direction":"` + strings.Repeat("u", 5000) + `"}`, 413, "the body is longer than 4096 bytes"},
		{"POST", "/v1/resume", `{"direction":""}`, 422, `invalid direction "": must be up, down or both`},
		{"POST", "/v1/scale", `{"for":"1h"}`, 422, "dynos is missing: must be the number of dynos to keep"},
		{"POST", "/v1/scale", `{"dynos":6}`, 422, "6 is outside the limits now in force, 1 to 5"},
		{"POST", "/v1/scale", `{"dynos":-1}`, 422, "-1 is outside the limits now in force, 1 to 5"},
		{"POST", "/v1/scale", `{"dynos":0}`, 422, "0 would switch the app off: do that on the platform, and the bot leaves the app alone until the number changes there"},
		{"POST", "/v1/scale", `{"dynos":2.5}`, 400, "invalid type of dynos: number 2.5"},
		{"GET", "/v1/limits", "", 405, "/v1/limits accepts only DELETE, POST"},
		{"POST", "/v1/limits", `{"min":2,"max":6,"for":"1h"}`, 422, "6 is above 5, the largest number in MAX_DYNOS, which bounds what the app can cost. To allow more, raise MAX_DYNOS"},
		{"POST", "/v1/limits", `{"min":2,"for":"1h"}`, 422, "min or max is missing: both must be numbers of dynos"},
		{"POST", "/v1/limits", `{"min":2,"max":3}`, 422, "the end is missing: set until or for"},
		{"POST", "/v1/limits", `{"min":2,"max":3,"for":"1h","until":"2026-11-27T08:00:00Z"}`, 422, "for and until are both set: use one of them"},
		{"POST", "/v1/limits", `{"min":2,"max":3,"until":"2025-11-27T08:00:00Z"}`, 422, `until is "2025-11-27T08:00:00Z", which is 2025-11-27 13:45 Asia/Kathmandu: must be in the future, and at most 366 days from now`},
		{"POST", "/v1/limits", `{"min":2,"max":3,"from":"2199-01-02","until":"2199-01-01"}`, 422, `until is "2199-01-01", which is 2199-01-01 00:00 Asia/Kathmandu: must be after from, and at most 366 days later`},
		{"POST", "/v1/limits", `{"min":2,"max":3,"from":"2025-11-27 8:00","for":"1h"}`, 422, "the override of the limits would end in the past"},
		{"DELETE", "/v1/limits?from=friday", "", 400, `from is "friday": must be a time such as 2026-11-27T08:00:00Z`},
		{"DELETE", "/v1/limits?from=2026-11-27T08:00:00Z", "", 422, "no override of the limits begins at 2026-11-27 08:00 UTC"},
		{"POST", "/v1/scale", `{"dynos":2,"for":"0s"}`, 422, `for is "0s": must be a duration of at most 366 days, such as 90m, 2h or 2 days`},
	} {
		t.Run(c.method+" "+c.path+" "+c.body[:min(len(c.body), 40)], func(t *testing.T) {
			resp, body := w.ask(t, "", c.method, c.path, c.body, nil)
			var p struct{ Error string }
			if err := json.Unmarshal([]byte(body), &p); err != nil || resp.StatusCode != c.status || p.Error != c.want {
				t.Errorf("answered %d %s, want %d %s", resp.StatusCode, body, c.status, c.want)
			}
			if c.status == 405 && resp.Header.Get("Allow") == "" {
				t.Error("a 405 without Allow")
			}
		})
	}
	if !w.Control().IsZero() {
		t.Errorf("something that was refused changed %+v", w.Control())
	}
}

// A reload answers with the changes, or with all mistakes. The status has the last one.
func TestReload(t *testing.T) {
	w := open(t, nil)
	done, err := w.client.Reload(t.Context())
	if err != nil || len(done.Changed) != 1 || len(done.Notes) != 1 || done.By == "" {
		t.Errorf("the reload is %+v: %v", done, err)
	}
	w.last = &admin.Reload{Time: time.Now(), By: "SIGHUP", Refused: []string{"a setting is wrong:", "  MAX_DYNOS: …"}}
	if st, err := w.client.Status(t.Context()); err != nil || st.Reload == nil || st.Reload.By != "SIGHUP" || len(st.Reload.Refused) != 2 {
		t.Errorf("the status has %+v: %v", st.Reload, err)
	}
	w.wrong = errors.New("2 settings are wrong:\n  MAX_DYNOS: …\n  POLICY: …")
	_, err = w.client.Reload(t.Context())
	if no, ok := errors.AsType[*admin.RefusedError](err); !ok || no.Status != 422 || no.Error() != "the bot refused: "+w.wrong.Error() {
		t.Errorf("the refusal is %v", err)
	}
	if resp, _ := w.ask(t, w.addr, "POST", "/v1/reload", "", nil); resp.StatusCode != 401 {
		t.Errorf("without the token: %s", resp.Status)
	}
}

// After too many wrong tokens the server answers 429, as documented. The right token and the socket still work.
func TestWrongTokensAreSlowedDown(t *testing.T) {
	w := open(t, nil)
	counts := map[int]int{}
	for range 30 {
		resp, _ := w.ask(t, w.addr, "GET", "/v1/status", "", http.Header{"Authorization": {"Bearer wr0ng-t0ken-0123456789"}})
		counts[resp.StatusCode]++
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
			t.Fatal("a 429 without Retry-After")
		}
	}
	if counts[401] != 10 || counts[429] != 20 {
		t.Errorf("30 wrong tokens are answered with %v", counts)
	}
	if resp, _ := w.ask(t, w.addr, "GET", "/v1/status", "", http.Header{"Authorization": {"Bearer " + token}}); resp.StatusCode != 200 {
		t.Errorf("the right token is answered with %d", resp.StatusCode)
	}
	if resp, _ := w.ask(t, "", "GET", "/v1/status", "", nil); resp.StatusCode != 200 {
		t.Errorf("the socket is answered with %d", resp.StatusCode)
	}
}

func TestTCPNeedsTheToken(t *testing.T) {
	w := open(t, nil)
	for given, want := range map[string]int{
		"": 401, "Bearer ": 401, "Bearer " + token[1:]: 401, "Bearer " + token + "x": 401, "Basic " + token: 401, token: 401, "Bearer " + token: 200,
	} {
		resp, body := w.ask(t, w.addr, "POST", "/v1/pause", `{"direction":"up"}`, http.Header{"Authorization": {given}})
		if resp.StatusCode != want || want == 401 && resp.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("with the header %q: %s %s, want %d", given, resp.Status, body, want)
		}
	}
	if resp, _ := w.ask(t, w.addr, "GET", "/v1/nothing", "", nil); resp.StatusCode != 401 {
		t.Errorf("somebody without the token learns what is there: %s", resp.Status)
	}
	if _, err := (admin.Client{Addr: w.addr, Token: "wr0ng-t0ken"}).Status(t.Context()); err == nil || err.Error() !=
		"the bot refused: the token is missing or wrong. Send ADMIN_TOKEN as a bearer token" {
		t.Errorf("with a wrong token, the client says %v", err)
	}
	if st, err := (admin.Client{Addr: w.addr, Token: token, Socket: "/nowhere"}).Resume(t.Context(), bot.Up); err != nil || st.Control.Up.On {
		t.Errorf("with the token: %+v, %v", st.Control, err)
	}
	if log := w.log.String(); strings.Contains(log, "t0ken") || strings.Count(log, "without the right ADMIN_TOKEN") != 8 {
		t.Errorf("the log should report a wrong token 8 times, and show none:\n%s", log)
	}
}

func TestNobodyHasAnEmptyToken(t *testing.T) {
	s := admin.New(admin.Options{})
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://bot/v1/status", nil)
	r.Header.Set("Authorization", "Bearer ")
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("answered %d", w.Code)
	}
}

func TestTheLogTellsWhoAskedForWhat(t *testing.T) {
	w := open(t, nil)
	over := admin.Client{Addr: w.addr, Token: token}
	for _, err := range []error{
		second(w.client.Pause(t.Context(), bot.Up, admin.End{For: time.Hour})), second(w.client.Resume(t.Context(), bot.Both)),
		second(over.Scale(t.Context(), 3, admin.End{})), second(over.EndOverride(t.Context())), second(w.client.Status(t.Context())),
	} {
		must(t, err)
	}
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	me := fmt.Sprintf(`who="uid %d"`, os.Getuid())
	if !strings.Contains(lines[0], "uid") {
		me = `who="the socket's user"` // on systems that do not report the user
	}
	want := [][]string{
		{`msg="somebody paused scaling"`, me, "direction=up", `length="for 1h0m0s"`},
		{`msg="somebody resumed scaling"`, me, "direction=both"},
		{`msg="somebody set an override"`, "who=127.0.0.1:", "dynos=3", "length=10m0s"},
		{`msg="somebody ended the override"`, "who=127.0.0.1:"},
	}
	if len(lines) != len(want) {
		t.Fatalf("the log has %d lines, want %d:\n%s", len(lines), len(want), w.log.String())
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d does not say %s: %s", i+1, part, lines[i])
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// All requests at once, during continuous ticks, for the race detector.
func TestManyAskARunningBot(t *testing.T) {
	w := open(t, func(o *bot.Options) { o.Interval = time.Millisecond })
	ctx := t.Context()
	var asking sync.WaitGroup
	for _, ask := range []func() error{
		func() error { return second(w.client.Pause(ctx, bot.Both, admin.End{For: time.Hour})) },
		func() error { return second(w.client.Resume(ctx, bot.Up)) },
		func() error { return second(w.client.Scale(ctx, 3, admin.End{For: time.Hour})) },
		func() error { return second(w.client.Status(ctx)) },
		func() error { return second(w.client.Records(ctx, 5)) },
	} {
		asking.Go(func() {
			for range 10 {
				if err := ask(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	asked := make(chan struct{})
	go func() {
		asking.Wait()
		close(asked)
	}()
	for running := true; running; {
		w.Tick(ctx, time.Now())
		select {
		case <-asked:
			running = false
		default:
		}
	}
	w.Tick(ctx, time.Now())
	if w.platform.dynos() != 3 {
		t.Errorf("%d dynos were asked for, want the 3 that somebody ordered", w.platform.dynos())
	}
}
