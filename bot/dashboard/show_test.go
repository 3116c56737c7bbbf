package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

type charts struct {
	From, To, Now, Step, Interval           float64
	T                                       []float64
	Median, P95, Low, High, Dynos, Min, Max []*float64
	Unanswered                              []int
	Marks                                   []struct{ Kind, Text, Why string }
	Ahead                                   [][3]float64
	Summary                                 string
}

func (p *person) charts(query string) charts {
	p.t.Helper()
	a := p.get("/series?" + query)
	var c charts
	if err := json.Unmarshal([]byte(a.body), &c); err != nil || a.status != 200 {
		p.t.Fatalf("/series?%s is answered with %d: %.200s (%v)", query, a.status, a.body, err)
	}
	return c
}

func TestTheChartsShowWhatHappened(t *testing.T) {
	_, p := enter(t, "", 48*time.Hour)
	c := p.charts("last=21600")
	if n := len(c.T); n < 355 || n > 365 || c.Step != 60 || c.Interval != 60 {
		t.Errorf("6 hours are %d points of %v s", n, c.Step)
	}
	for _, column := range [][]*float64{c.Median, c.P95, c.Low, c.High, c.Dynos, c.Min, c.Max} {
		if len(column) != len(c.T) {
			t.Errorf("a column has %d points, the times %d", len(column), len(c.T))
		}
	}
	if *c.Low[0] != 220 || *c.High[0] != 600 {
		t.Errorf("the bounds are %v and %v", *c.Low[0], *c.High[0])
	}
	day := p.charts("last=172800")
	if n := len(day.T); n > 602 || n < 300 {
		t.Errorf("2 days are %d points", n)
	}
	if len(day.Marks) == 0 || day.Marks[0].Why == "" {
		t.Errorf("2 days have the marks %+v", day.Marks)
	}
	if !strings.Contains(day.Summary, " The median response time was ") {
		t.Errorf("in words: %s", day.Summary)
	}
	ahead := day.Ahead[len(day.Ahead)-1][0] - day.Ahead[0][0]
	if len(day.Ahead) < 4 || ahead != 86400 {
		t.Errorf("the limits to come are %v, over %v s", day.Ahead, ahead)
	}
}

func TestWhereHeartbeatsAreMissingTheLinesAreBroken(t *testing.T) {
	w := newWorld(t, 3*time.Hour)
	from, to := time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	w.past.records = slices.DeleteFunc(w.past.records, func(r record.Record) bool { return r.Time.After(from) && r.Time.Before(to) })
	p := signedIn(t, w.url, "")
	c := p.charts("last=10800")
	if n := slices.Index(c.Dynos, nil); n < 0 || c.Median[n] != nil || c.Max[n] != nil {
		t.Error("the lines continue through an hour without a heartbeat")
	}
}

func TestAHistoryWithoutAHeartbeatIsShownAsEmpty(t *testing.T) {
	w := newWorld(t, time.Hour)
	w.past.records = nil
	p := signedIn(t, w.url, "")
	if c := p.charts("from=1000000000&to=1000003600"); c.T == nil || !strings.Contains(c.Summary, "No heartbeats from ") {
		t.Errorf("an hour of long ago is %+v", c)
	}
	if body := p.get("/").body; !strings.Contains(body, "No decisions yet.") || !strings.Contains(body, "The history of this month is empty.") {
		t.Error("the page does not say that there is no history")
	}
}

// Empty columns are empty lists, since scripts cannot count null.
func TestWhatIsEmptyIsAListAndNotNull(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{App: "dancing-forest", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	for _, noHeartbeat := range []bool{false, true} {
		_, p := enter(t, "", time.Minute, func(o *dashboard.Options) { o.History, o.NoHeartbeat = db, noHeartbeat })
		for _, query := range []string{"last=600", "last=21600", "last=7776000", "from=1000000000&to=1000003600"} {
			var columns map[string]any
			if err := json.Unmarshal([]byte(p.get("/series?"+query).body), &columns); err != nil {
				t.Fatal(err)
			}
			for name, column := range columns {
				if column == nil {
					t.Errorf("/series?%s: %s is null", query, name)
				}
			}
			want := map[bool]string{false: "No heartbeats from ", true: "No readings from "}[noHeartbeat]
			if text, _ := columns["summary"].(string); !strings.Contains(text, want) {
				t.Errorf("/series?%s says %q", query, text)
			}
		}
	}
}

// A bucket with some responses has a median, and counts the heartbeats without a response.
func TestHeartbeatsWithoutAnAnswerAreCounted(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{App: "dancing-forest", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	w := newWorld(t, time.Minute, func(o *dashboard.Options) { o.History = db })
	begin := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	answered := probe.Reading{Signal: "heartbeat", Value: 300, Unit: "ms", Outcome: probe.Answered, Status: 200}
	for i, outcome := range []probe.Outcome{probe.Answered, probe.Timeout, probe.Answered, probe.ServerError, probe.Timeout, probe.Answered, probe.Answered} {
		r := w.past.records[0]
		r.Time = begin.Add(time.Duration(i) * 30 * time.Second)
		hb := answered
		hb.Outcome = outcome
		r.Readings, r.Decision.Reading = []probe.Reading{hb}, 0
		if err := db.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := signedIn(t, w.url, "")
	for _, c := range []struct {
		length time.Duration
		counts []int
		gaps   []bool
	}{
		{10 * time.Minute, []int{0, 1, 0, 1, 1, 0, 0}, []bool{false, true, false, true, true, false, false}},
		{24 * time.Hour, []int{3}, []bool{false}},
	} {
		got := p.charts(fmt.Sprintf("from=%d&to=%d", begin.Unix(), begin.Add(c.length).Unix()))
		var gaps []bool
		for _, median := range got.Median {
			gaps = append(gaps, median == nil)
		}
		if !slices.Equal(got.Unanswered, c.counts) || !slices.Equal(gaps, c.gaps) || !strings.Contains(got.Summary, "3 without a response") {
			t.Errorf("over %v: unanswered %v, gaps %v: %s", c.length, got.Unanswered, gaps, got.Summary)
		}
	}
}

// The bill includes the newest heartbeat once it is in the history, and all viewers share it.
func TestMoneyFollowsTheHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour, func(o *dashboard.Options) { o.Policy.Price = 0 })
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		figure := func() string {
			return figures(p.get("/money", header("Authorization", "Bearer "+token)).body)["This month so far"]
		}
		time.Sleep(time.Minute)
		figure()
		for range 60 {
			w.beat(t)
		}
		time.Sleep(5 * time.Second)
		before := figure()
		asked := w.past.asked
		for range 20 {
			time.Sleep(time.Second)
			figure()
		}
		if w.past.asked != asked {
			t.Errorf("the history was asked %d times more, though there was no heartbeat", w.past.asked-asked)
		}
		for range 60 { // an hour of a dyno
			w.beat(t)
		}
		time.Sleep(5 * time.Second)
		if after := figure(); after == before {
			t.Errorf("5 s after the heartbeats the page still says %s", after)
		}
	})
}

func TestThePageComesBeforeTheFirstHeartbeat(t *testing.T) {
	w := newWorld(t, time.Hour)
	d, err := dashboard.New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	p := signedIn(t, serve(t, d), "")
	if body := p.get("/").body; !strings.Contains(body, "waiting for the first heartbeat") {
		t.Error("the page does not say that it waits for the first heartbeat")
	}
}

func TestAHistoryThatIsDownLeavesTheRestOfThePage(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	w.past.broken = errors.New("dial tcp db.internal:5432: connection refused")
	a := p.get("/")
	if a.status != 200 || !strings.Contains(a.body, "The history is unavailable.") || !strings.Contains(a.body, `id="dynos"`) {
		t.Errorf("the page is answered with %d", a.status)
	}
	for _, path := range []string{"/series?last=3600", "/decisions"} {
		if got := p.get(path); got.status != 503 || strings.Contains(got.body, "db.internal") {
			t.Errorf("%s is answered with %d: %s", path, got.status, got.body)
		}
	}
}

func TestThePageShowsARealHistory(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{App: "dancing-forest", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	w := newWorld(t, 150*time.Minute, func(o *dashboard.Options) { o.History = db })
	for _, r := range w.past.records {
		if err := db.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := signedIn(t, w.url, "")
	last := w.past.records[len(w.past.records)-1]
	if got := rows(p.get("/").body); len(got) != 50 || got[0] != last.Headline()+" · "+last.Why() {
		t.Errorf("%d decisions are shown, the first: %v", len(got), got)
	}
	for _, c := range []struct {
		query string
		least int
	}{{"last=3600", 55}, {"last=21600", 145}, {"last=2592000", 2}} {
		if got := p.charts(c.query); len(got.T) < c.least || slices.Contains(got.Dynos, nil) {
			t.Errorf("%s is %d points of %v s", c.query, len(got.T), got.Step)
		}
	}
	if got := figures(p.get("/money").body); !strings.HasPrefix(got["This month so far"], "$") {
		t.Errorf("the page says %v", got)
	}
}

type stuck struct{ asked atomic.Int64 }

func (s *stuck) Points(ctx context.Context, _, _ time.Time, _ int) (history.Series, error) {
	s.asked.Add(1)
	<-ctx.Done()
	return history.Series{}, ctx.Err()
}

func (*stuck) Records(context.Context, history.Query) ([]record.Record, error) {
	return nil, nil
}

func TestAHistoryThatHangsIsNotWaitedForByEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{}
		w := unserved(t, time.Hour, func(o *dashboard.Options) { o.History = s })
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		start := time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if a := p.get("/", header("Authorization", "Bearer "+token)); a.status != 200 || !strings.Contains(a.body, "history is unavailable") {
					t.Errorf("the page is answered with %d", a.status)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 6*time.Second || s.asked.Load() != 1 {
			t.Errorf("20 pages took %v, and asked %d times", took, s.asked.Load())
		}
	})
}

// "headline · why"
func rows(body string) (out []string) {
	row := regexp.MustCompile(`<td class="what [a-z]*"><b>([^<]*)</b> <span>([^<]*)</span>`)
	for _, found := range row.FindAllStringSubmatch(body, -1) {
		out = append(out, found[1]+" · "+found[2])
	}
	return out
}

func TestDecisionsCanBeFiltered(t *testing.T) {
	w, p := enter(t, "", 48*time.Hour)
	all := rows(p.get("/decisions").body)
	last := w.past.records[len(w.past.records)-1]
	if len(all) != 50 || all[0] != last.Headline()+" · "+last.Why() {
		t.Errorf("%d decisions are shown, the first: %s", len(all), all[0])
	}
	for query, want := range map[string]string{"changed=yes": "scaled ", "verdict=slow": "slow", "rule=limits": "is above the maximum of"} {
		got := rows(p.get("/decisions?" + query).body)
		if len(got) == 0 {
			t.Errorf("%s shows nothing", query)
		}
		for _, row := range got {
			if !strings.Contains(row, want) {
				t.Errorf("%s shows %s", query, row)
			}
		}
	}
	if got := rows(p.get("/?changed=yes").body); len(got) == 0 || !strings.HasPrefix(got[0], "scaled ") {
		t.Error("without scripts the page does not filter")
	}
}

func TestAllDecisionsCanBeReached(t *testing.T) {
	w, p := enter(t, "", 3*time.Hour)
	older := regexp.MustCompile(`href="/([^"]*)">Older`)
	seen := 0
	for address := "?"; ; {
		body := p.get("/decisions" + address).body
		seen += len(rows(body))
		found := older.FindStringSubmatch(body)
		if found == nil {
			break
		}
		address = strings.ReplaceAll(strings.TrimSuffix(found[1], "#decisions"), "&amp;", "&")
	}
	if seen != len(w.past.records) {
		t.Errorf("%d of %d decisions can be reached", seen, len(w.past.records))
	}
}

func TestSettingsAreShownWithWhereTheyCameFrom(t *testing.T) {
	_, p := enter(t, "", time.Hour)
	body := p.get("/").body
	for _, want := range []string{"HEARTBEAT_URL", "https://dancing-forest.example.com/heartbeat", "(set, hidden)", "environment", "URL of the heartbeat."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func (*stuck) Events(context.Context, time.Time, time.Time, int) ([]notify.Event, error) {
	return nil, nil
}

type ledger struct{ series history.Series }

func (ledger) Events(context.Context, time.Time, time.Time, int) ([]notify.Event, error) {
	return nil, nil
}

func (l ledger) Points(context.Context, time.Time, time.Time, int) (history.Series, error) {
	return l.series, nil
}

func (ledger) Records(context.Context, history.Query) ([]record.Record, error) { return nil, nil }

func figures(body string) map[string]string {
	out := map[string]string{}
	for _, f := range regexp.MustCompile(`<dt>([^<]*)</dt><dd class="figure"><strong>([^<]*)</strong>`).FindAllStringSubmatch(body, -1) {
		out[f[1]] = f[2]
	}
	return out
}

func TestMoneyIsCountedFromTheHistory(t *testing.T) {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	hours := month.AddDate(0, 1, 0).Sub(month).Hours()
	points := history.Series{Step: time.Hour}
	for i := range 10 { // ten hours with 2 of 5 dynos
		points.Points = append(points.Points, history.Point{Time: month.Add(time.Duration(i) * time.Hour), Heartbeats: 60, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5})
	}
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.Policy.Price = hours // an hour of a dyno costs a dollar
		o.History = ledger{points}
	})
	p := signedIn(t, w.url, "")
	got := figures(p.get("/money").body)
	for name, want := range map[string]string{"This month so far": "$20.00", "At a constant 5 so far": "$50.00", "Saved so far": "$30.00"} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	if got["Month forecast"] == "" {
		t.Error("there is no forecast")
	}
}

// One heartbeat is not enough for a bill, but the page must not call the history empty.
func TestOneHeartbeatIsNotCalledNone(t *testing.T) {
	for _, noHeartbeat := range []bool{false, true} {
		one := history.Series{Step: time.Hour, Points: []history.Point{{Time: time.Now().UTC(), Heartbeats: 1, Dynos: 2, Max: 5}}}
		_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Policy.Price, o.History, o.NoHeartbeat = 0, ledger{one}, noHeartbeat })
		if body := p.get("/money").body; strings.Contains(body, "is empty") || !strings.Contains(body, "two ") {
			t.Errorf("the page says of the money: %s", body)
		}
	}
}

func TestWithoutAPriceMoneyIsCountedInHours(t *testing.T) {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	points := history.Series{Step: time.Hour, Points: []history.Point{{Time: month, Heartbeats: 60, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5}}}
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Policy.Price, o.History = 0, ledger{points} })
	if got := figures(p.get("/money").body); got["This month so far"] != "2 dyno-hours" || got["Saved so far"] != "3 dyno-hours" {
		t.Errorf("the page says %v", got)
	}
}

func TestWhatTheBotHasSpentGoesBeforeTheHistory(t *testing.T) {
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	hours := month.AddDate(0, 1, 0).Sub(month).Hours()
	points := history.Series{Step: time.Hour, Points: []history.Point{{Time: month, Heartbeats: 60, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5}}}
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.Policy.Price, o.History = hours, ledger{points}
		o.State = func() decide.State {
			return decide.State{Spend: decide.Spend{Month: month, From: month, At: month.Add(100 * time.Hour), Dollars: 123.45}}
		}
	})
	p := signedIn(t, w.url, "")
	got := figures(p.get("/money").body)
	if got["This month so far"] != "$123.45" || got["At a constant 5 so far"] != "$500.00" || got["Saved so far"] != "$376.55" {
		t.Errorf("the page says %v", got)
	}
}

// The cost depends on the times between the heartbeats, not on the present interval.
func TestMoneyDoesNotDependOnTodaysInterval(t *testing.T) {
	month := thisMonth()
	points := history.Series{Step: time.Hour}
	for i := range 10 { // five with a heartbeat a minute, and five with one every five seconds
		beats := map[bool]int{true: 60, false: 720}[i < 5]
		points.Points = append(points.Points, history.Point{Time: month.Add(time.Duration(i) * time.Hour), Heartbeats: beats, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5})
	}
	for _, interval := range []time.Duration{time.Second, 5 * time.Second, time.Minute, time.Hour} {
		w := newWorld(t, time.Hour, func(o *dashboard.Options) {
			o.Policy.Price, o.History, o.Interval = hoursOf(month), ledger{points}, interval
		})
		p := signedIn(t, w.url, "")
		got := figures(p.get("/money").body)
		if got["This month so far"] != "$20.00" || got["At a constant 5 so far"] != "$50.00" || got["Saved so far"] != "$30.00" {
			t.Errorf("with a heartbeat every %v the page says %v", interval, got)
		}
	}
}

func thisMonth() time.Time {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// At this price an hour of a dyno costs a dollar.
func hoursOf(month time.Time) float64 { return month.AddDate(0, 1, 0).Sub(month).Hours() }

// More dynos than the maximum, which only others can set, save nothing. The page says so.
func TestWhatIsNotSavedIsNotCalledSaved(t *testing.T) {
	month := thisMonth()
	points := history.Series{Step: time.Hour, Points: []history.Point{{Time: month, Heartbeats: 60, Dynos: 7, DynoSeconds: 7 * 3600, Seconds: 3600, Max: 5}}}
	_, p := enter(t, "", time.Hour, func(o *dashboard.Options) { o.Policy.Price, o.History = hoursOf(month), ledger{points} })
	body := p.get("/money").body
	got := figures(body)
	if _, saved := got["Saved so far"]; saved || got["Extra so far"] != "$2.00" || strings.Contains(body, "−") {
		t.Errorf("the page says %v", got)
	}
	if strings.Contains(body, `"good"`) || strings.Contains(body, "good") {
		t.Error("what was not saved is marked as good")
	}
}

// The figures and the bars cover the same period: the history, if the budget was counted from a later day.
func TestFiguresAndBarsAreOfOneSpan(t *testing.T) {
	month := thisMonth()
	points := history.Series{Step: time.Hour}
	for day := range 20 {
		points.Points = append(points.Points, history.Point{Time: month.AddDate(0, 0, day), Heartbeats: 60, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5})
	}
	spend := decide.Spend{Month: month, From: month.AddDate(0, 0, 19), At: month.AddDate(0, 0, 19).Add(time.Hour), Dollars: 2}
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.Policy.Price, o.History = hoursOf(month), ledger{points}
		o.State = func() decide.State { return decide.State{Spend: spend} }
	})
	p := signedIn(t, w.url, "")
	body := p.get("/money").body
	if got := figures(body); got["This month so far"] != "$40.00" {
		t.Errorf("the page says %v, want $40 for 20 days of an hour of two dynos", got)
	}
	if want := "since " + month.Format("2 January"); !strings.Contains(body, want) {
		t.Errorf("the page does not say %q", want)
	}
}

func TestThePageShowsThePriceThatTheBotFound(t *testing.T) {
	month := thisMonth()
	points := history.Series{Step: time.Hour, Points: []history.Point{{Time: month, Heartbeats: 60, Dynos: 2, DynoSeconds: 7200, Seconds: 3600, Max: 5}}}
	w := newWorld(t, time.Hour, func(o *dashboard.Options) { o.Policy.Price, o.History = 0, ledger{points} })
	r := w.past.records[len(w.past.records)-1]
	r.Price = hoursOf(month)
	r.Time = r.Time.Add(time.Second)
	if err := w.page.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	p := signedIn(t, w.url, "")
	if got := figures(p.get("/money").body); got["This month so far"] != "$2.00" {
		t.Errorf("the page says %v", got)
	}
}

func TestTheDynoSizeIsShownWithItsCooldown(t *testing.T) {
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.State = func() decide.State {
			return decide.State{SizeState: decide.SizeState{Size: "Standard-2X", SizeAt: time.Now().Add(-time.Minute)}}
		}
	})
	p := signedIn(t, w.url, "")
	if body := p.get("/").body; !strings.Contains(body, "Size Standard-2X") || !strings.Contains(body, "cooldown") {
		t.Error("the page does not show the dyno size and its cooldown")
	}
}

func TestEveryStateHasItsWord(t *testing.T) {
	answered := func(ms float64) probe.Reading {
		return probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered}
	}
	for _, c := range []struct {
		name    string
		arrange func(w *world)
		reading probe.Reading
		pill    string
		says    string
	}{
		{"ok", func(*world) {}, answered(300), "running", "300 ms is ok (between 220 and 600 ms)"},
		{"slow", func(*world) {}, answered(800), "running", "1 of 3 slow"},
		{"no data", func(*world) {}, probe.Reading{Signal: probe.HeartbeatSignal, Outcome: probe.Unreachable, Error: "connection refused"}, "no data", "connection refused"},
		{"paused", func(w *world) { _ = w.Pause(bot.Both, time.Hour, "Ada") }, answered(300), "paused", "paused by Ada"},
		{"up paused", func(w *world) { _ = w.Pause(bot.Up, 0, "") }, answered(300), "scaling up paused", "paused by somebody until resumed"},
		{"override", func(w *world) { _ = w.Override(3, time.Hour, "Ada") }, answered(300), "override: 3", "by Ada"},
		{"failing", func(w *world) { w.app.fails = errors.New("503 from the platform") }, answered(300), "platform error", "503 from the platform"},
		{"left alone", func(w *world) { w.app.n = 0 }, answered(300), "left alone", "so the bot leaves the app alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, time.Hour)
			c.arrange(w)
			w.app.answer(c.reading)
			w.beat(t)
			p := signedIn(t, w.url, "")
			body := p.get("/").body
			if pill := regexp.MustCompile(`id="pill"><span[^>]*></span>([^<]*)<`).FindStringSubmatch(body); pill == nil || pill[1] != c.pill {
				t.Errorf("the page says %q, want %q", pill, c.pill)
			}
			if !strings.Contains(body, c.says) {
				t.Errorf("the page does not say %q", c.says)
			}
		})
	}
}

func TestThePageIsLight(t *testing.T) {
	_, p := enter(t, "", 48*time.Hour)
	gz := header("Accept-Encoding", "gzip")
	page := p.get("/", gz)
	total := len(page.body) + len(p.get("/series?last=21600", gz).body)
	for _, found := range regexp.MustCompile(`/assets/[0-9a-f]+/[^"]+`).FindAllString(p.get("/").body, -1) {
		a := p.get(found, gz)
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Cache-Control"), "public, max-age=31536000") {
			t.Errorf("%s is answered with %d", found, a.status)
		}
		if again := p.get(found, header("If-None-Match", a.header.Get("ETag"))); again.status != 304 || again.body != "" {
			t.Errorf("%s is sent again to who has it: %d", found, again.status)
		}
		total += len(a.body)
	}
	if t.Logf("the page with all that it brings along: %d bytes", total); page.header.Get("Content-Encoding") != "gzip" || total > 150_000 {
		t.Errorf("the page takes %d bytes, want at most 150,000", total)
	}
}

func TestAQuickHeartbeatIsShownFromClose(t *testing.T) {
	for interval, want := range map[time.Duration]string{time.Second: "600", time.Minute: "21600"} {
		_, p := enter(t, "", 10*time.Minute, func(o *dashboard.Options) { o.Interval = interval })
		if body := p.get("/").body; !strings.Contains(body, `data-last="`+want+`" aria-pressed="true"`) {
			t.Errorf("with a heartbeat every %v the charts do not begin with %s s", interval, want)
		}
	}
}

func TestWhoDoesNotReadGzipIsSentPlainText(t *testing.T) {
	_, p := enter(t, "", time.Hour)
	for _, encoding := range []string{"", "identity", "gzip;q=0", "br"} {
		if a := p.get("/", header("Accept-Encoding", encoding)); a.header.Get("Content-Encoding") != "" || !strings.Contains(a.body, "</html>") {
			t.Errorf("Accept-Encoding %q is answered with %q", encoding, a.header.Get("Content-Encoding"))
		}
	}
	if a := p.get("/?"+url.Values{"verdict": {"slow"}}.Encode(), header("Accept-Encoding", "br, gzip;q=0.8")); a.header.Get("Content-Encoding") != "gzip" {
		t.Error("gzip is not used where it can be")
	}
}

func TestMomentsAreShownInTheZoneOfThePage(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Chatham") // 12:45 h ahead of UTC, or 13:45
	if err != nil {
		t.Skip("there are no time zones on this machine")
	}
	held := time.Now().Add(20 * time.Minute)
	w := newWorld(t, time.Hour, func(o *dashboard.Options) {
		o.Zone, o.Policy.ManualHold = zone, time.Hour
		o.State = func() decide.State { return decide.State{HoldUntil: held.UTC()} }
	})
	if err := errors.Join(w.Pause(bot.Down, 3*time.Hour, "Ada"), w.Override(2, 2*time.Hour, "Ada")); err != nil {
		t.Fatal(err)
	}
	p := signedIn(t, w.url, "")
	body := p.get("/").body
	for name, until := range map[string]time.Time{"the pause": w.Control().Down.Until, "the override": w.Control().Override.Until, "the hold": held} {
		format := "15:04:05"
		if name == "the override" {
			format = "15:04"
		}
		if !strings.Contains(body, "until "+until.In(zone).Format(format)+"<") {
			t.Errorf("%s ends at %v, which the page does not show", name, until.In(zone))
		}
	}
}
