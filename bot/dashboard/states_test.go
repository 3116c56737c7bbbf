package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/browsertest"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A state of the page. All but its name may be missing.
type state struct {
	name    string
	options func(*dashboard.Options)
	// young pages have seen no heartbeat and have no history.
	young bool
	// arrange changes the world before the page is opened.
	arrange func(t *testing.T, w *world)
	path    string
	// refused pages have a status that the browser complains about.
	refused bool
	// then leads to the state after the page is open. shown is a condition in JavaScript that holds in this state.
	then  []chromedp.Action
	shown string
	gone  bool // the bot ends after the page is open
}

func says(what, where string) string {
	return fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", where, what)
}

func states() []state {
	return slices.Concat(statesOfTheBot(), statesOfTheHistory(), statesOfTheForms(), statesOfTheVisitor())
}

func reads(r probe.Reading) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		w.app.answer(r)
		w.beat(t)
	}
}

var unreachable = probe.Reading{Signal: probe.HeartbeatSignal, Outcome: probe.Unreachable, Error: "connection refused"}

// The page shows the newest record with this change.
func records(change func(*record.Record)) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		r := w.beat(t)
		change(&r)
		if err := w.page.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func opens(kinds ...notify.Kind) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		for i, k := range kinds {
			if err := w.page.Notify(t.Context(), notify.Event{
				ID: fmt.Sprint(i), Kind: k, Phase: notify.Opened, Time: time.Now(), Since: time.Now().Add(-7 * time.Minute),
				App: "dancing-forest", ProcessType: "web", From: 6, To: 6, Min: 2, Max: 6, Reason: "desired 7, but the maximum is 6 (8:00=6)",
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func statesOfTheBot() []state {
	return []state{
		{name: "held", shown: says("running", "#pill")},
		{name: "first start", young: true, shown: says("waiting for the first heartbeat", "#pill")},
		{
			name: "first start without a heartbeat", young: true, options: queued,
			shown: says("waiting for the first reading", "#pill"),
		},
		{name: "scaling", arrange: slow, shown: says("scaled 2 → 3", "#headline")},
		{
			name: "dry run", options: func(o *dashboard.Options) { o.DryRun = true }, arrange: slow,
			shown: says("Dry run", "#in-force") + `&& document.querySelector("#rows tr.changed")`,
		},
		{
			name: "scale-downs paused", arrange: func(_ *testing.T, w *world) { _ = w.Pause(bot.Down, time.Hour, "Ada") },
			shown: says("scaling down paused", "#pill"),
		},
		{
			name: "paused until resumed", arrange: func(_ *testing.T, w *world) { _ = w.Pause(bot.Both, 0, "Ada") },
			shown: says("paused", "#pill"),
		},
		{
			name: "override", arrange: func(t *testing.T, w *world) { _ = w.Override(3, time.Hour, "Ada"); w.beat(t) },
			shown: says("override: 3", "#pill"),
		},
		{
			name: "overrides of the limits", arrange: func(t *testing.T, w *world) {
				now := time.Now()
				if err := errors.Join(w.OverrideLimits(schedule.Limits{Min: 3, Max: 4}, time.Time{}, now.Add(time.Hour), "Ada"),
					w.OverrideLimits(schedule.Limits{Min: 5, Max: 6}, now.Add(time.Hour), now.Add(2*time.Hour), "Ada")); err != nil {
					t.Fatal(err)
				}
				w.beat(t)
				opens(notify.Limits)(t, w)
			}, shown: says("Limits: 5 to 6 dynos", "#in-force") + ` && document.getElementById("dynos").nextElementSibling.textContent === "limits 3 to 4"`,
		},
		{
			name: "manual change, cooldowns, booting", options: func(o *dashboard.Options) {
				now := time.Now()
				o.Policy.ManualHold = time.Hour
				o.State = func() decide.State {
					return decide.State{
						HoldUntil: now.Add(20 * time.Minute), BootState: decide.BootState{BootSince: now},
						SizeState: decide.SizeState{Size: "Standard-2X", SizeAt: now.Add(-time.Minute)},
					}
				}
			}, shown: says("Manual change", "#waits"),
		},
		{
			name: "incidents", arrange: func(t *testing.T, w *world) {
				w.busy(t)
				opens(notify.IneffectiveScaleUps, notify.Paused)(t, w)
			}, shown: says("at its maximum", ".incidents") + ` && document.querySelectorAll(".incident").length === 2`,
		},
		{name: "no data", arrange: reads(unreachable), shown: says("no data", "#pill")},
		{
			name: "timeout", arrange: reads(probe.Reading{Signal: probe.HeartbeatSignal, Value: 5000, Outcome: probe.Timeout, Error: "no answer within 5 s"}),
			shown: says("slow: timeout", "#verdict"),
		},
		{name: "maintenance", arrange: reads(probe.Reading{Signal: probe.HeartbeatSignal, Outcome: probe.Maintenance}), shown: says("maintenance", "#pill")},
		{
			name: "offline", arrange: records(func(r *record.Record) { r.Decision.Rule, r.Decision.Verdict = decide.RuleOffline, decide.NoData }),
			shown: says("offline", "#pill"),
		},
		{
			name: "platform error", arrange: func(t *testing.T, w *world) {
				w.app.fails = errors.New("503 from the platform")
				w.beat(t)
			}, shown: says("platform error", "#pill"),
		},
		{
			name: "left alone", arrange: func(t *testing.T, w *world) {
				w.app.n = 0
				w.beat(t)
			}, shown: says("left alone", "#pill"),
		},
		{
			name: "late", options: func(o *dashboard.Options) { o.Interval = time.Minute },
			arrange: records(func(r *record.Record) { r.Time = r.Time.Add(-10 * time.Minute) }), shown: says("no heartbeat for 10 min", "#pill") + "&&" + says("has not taken a reading since", "#gone"),
		},
		{
			name: "signals", options: ruled, arrange: func(t *testing.T, w *world) {
				w.read(t, map[string]float64{"queue": 120, "requests_per_second": 44, "busy": 0.2})
			}, shown: says("connection refused", "#signals"),
		},
		{
			name: "signals without a heartbeat", options: queued, arrange: func(t *testing.T, w *world) {
				w.read(t, map[string]float64{"queue": 120, "requests_per_second": 44, "busy": 0.2})
			}, shown: says("connection refused", "#signals"),
		},
		{
			name: "a pool", options: func(o *dashboard.Options) {
				o.Unit = "server"
				o.Servers = func() []dashboard.Server {
					return []dashboard.Server{
						{Name: "web-1", Stage: "serving", Text: "serving, failing 20 s: it answers with status 503"},
						{Name: "web-2", Stage: "checking", Text: "creating: active, waiting for health 40 s"},
						{Name: "web-3", Stage: "down", Text: "down"},
						{Name: "web-4", Stage: "draining", Text: "draining, 12 s"},
					}
				}
			}, shown: says("web-4", "#servers"),
		},
		{
			name: "several process types, warnings, an empty pool, paused by the setting", options: func(o *dashboard.Options) {
				o.Policy.PauseUp, o.Policy.PauseDown = true, true
				o.Servers = func() []dashboard.Server { return nil }
				o.Warnings = func() []string { return []string{"another bot scales this app", "the history is not written"} }
				o.Others = []dashboard.Link{{Name: "web", URL: "/"}, {Name: "worker", URL: "/worker/"}, {Name: "mailer", URL: "/mailer/"}}
			}, shown: says("worker", ".types"),
		},
		{
			name: "a budget that is too small", options: func(o *dashboard.Options) { o.Policy.Price = 50; o.Policy.Budget = 20 },
			shown: says("budget $20", "#money-part"),
		},
		{name: "price unknown", options: func(o *dashboard.Options) { o.Policy.Price = 0 }, shown: says("The price of a dyno is unknown", "#money-part")},
	}
}

func statesOfTheHistory() []state {
	tip := `!document.getElementById("tip").hidden`
	return []state{
		{
			name: "history unavailable", refused: true, arrange: func(_ *testing.T, w *world) { w.past.broken = errors.New("the disk is away") },
			shown: `document.getElementById("trouble") && ` + says("unavailable", "#chart-summary"),
		},
		{
			name: "history with a gap", options: func(o *dashboard.Options) { o.Interval = 5 * time.Second },
			arrange: func(_ *testing.T, w *world) { w.past.records = slices.Delete(w.past.records, 2, 20) }, shown: `charts.points() > 0`,
		},
		{name: "a filter without a match", path: "?verdict=fast&rule=breach", shown: says("No matching decisions.", "#decisions-part .empty")},
		{name: "older decisions", path: "?before=2000-01-01T00:00:00Z", shown: says("Newest", "#filter")},
		{name: "the chart as a table", then: []chromedp.Action{click(`#chart-table summary`)}, shown: `document.querySelector("#chart-table tbody tr")`},
		{
			name: "the settings", then: []chromedp.Action{chromedp.Evaluate(`document.querySelectorAll("#settings details").forEach((d) => { d.open = true })`, nil)},
			shown: `document.querySelector("#settings td.value").checkVisibility() && document.querySelector("#settings .copy")`,
		},
		{name: "keyboard help", then: []chromedp.Action{chromedp.KeyEvent("?")}, shown: `document.getElementById("help").open`},
		{
			name: "changes and incidents", options: func(o *dashboard.Options) { o.Files = labels{} }, arrange: func(t *testing.T, w *world) {
				slow(t, w)
				w.incident(notify.NeedsExceedMax, 90*time.Second, 30*time.Second)
			}, then: []chromedp.Action{click(`#chart-events summary`)}, shown: says("at its maximum", "#chart-events ul"),
		},
		{name: "a moment", path: "?at=" + time.Now().UTC().Format(time.RFC3339), shown: `document.querySelector("tr.at") && !document.getElementById("moment").hidden`},
		{
			name: "values in the chart", arrange: slow, then: []chromedp.Action{drawn(), hover()},
			shown: tip,
		},
	}
}

// The pointer is at the newest heartbeat.
func hover() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var at struct{ X, Y float64 }
		const over = `(() => { const c = document.querySelector("#chart-dynos .u-over"); c.scrollIntoView({ block: "center", behavior: "instant" });
			const r = c.getBoundingClientRect(); return { X: r.left + r.width * .8, Y: r.top + 50 } })()`
		return chromedp.Run(ctx, chromedp.Evaluate(over, &at), chromedp.ActionFunc(func(ctx context.Context) error {
			return chromedp.MouseEvent("mouseMoved", at.X, at.Y).Do(ctx)
		}))
	})
}

// The action opens another page.
func opening(action chromedp.Action) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := chromedp.RunResponse(ctx, action)
		return err
	})
}

func submitted(script string) chromedp.Action {
	return opening(chromedp.Evaluate("setTimeout(() => { "+script+" }); null", nil))
}

func statesOfTheForms() []state {
	ask := func(form string) chromedp.Action {
		return chromedp.Tasks{click(`#step-in form[action$="` + form + `"] button`), visible(`#ask button.main`)}
	}
	return []state{
		{name: "a question", then: []chromedp.Action{ask("/override")}, shown: `document.getElementById("ask").open`},
		{
			name: "a refused command", refused: true, then: []chromedp.Action{
				chromedp.Evaluate(`document.querySelector("input[name=dynos]").max = 1000`, nil),
				chromedp.SetValue(`input[name=dynos]`, "500", chromedp.ByQuery), ask("/override"), click(`#ask button.main`),
			}, shown: says("500 is outside the limits", "#ask .trouble"),
		},
		{
			name: "a command carried out", then: []chromedp.Action{ask("/pause"), click(`#ask button.main`)},
			shown: says("Paused", "#toast") + ` && !document.getElementById("toast").hidden`,
		},
		{
			name: "a question without scripts", then: []chromedp.Action{submitted(`document.querySelector('#step-in form[action$="/pause"]').submit()`)},
			shown: says("Pause scale-downs for 1 h?", "h1"),
		},
		{
			name: "a form with a mistake", refused: true, then: []chromedp.Action{
				submitted(`{ const f = document.querySelector('#step-in form[action$="/override"]'); f.dynos.type = "text"; f.dynos.value = "many"; f.submit() }`),
			}, shown: says("Not carried out", "h1"),
		},
		{
			name: "a reader without rights", options: func(o *dashboard.Options) { o.Controls = nobody{} },
			shown: `document.getElementById("now") && !document.getElementById("step-in")`,
		},
		{name: "the bot is gone", refused: true, gone: true, shown: says("has not responded since", "#gone")},
	}
}

// Stands for no controls, as the tests' worlds have those of their bot.
type nobody struct{ dashboard.Controls }

func statesOfTheVisitor() []state {
	apart := func(o *dashboard.Options) { o.Sessions = dashboard.NewSessions() }
	enters := func(password string) chromedp.Action {
		return chromedp.Tasks{visible(`input[name=password]`), opening(chromedp.SendKeys(`input[name=password]`, password+"\r", chromedp.ByQuery))}
	}
	return []state{
		{name: "sign in", options: apart, shown: `document.querySelector("input[name=password]")`},
		{
			name: "sign in with a token", options: func(o *dashboard.Options) { apart(o); o.Password = "" },
			shown: `document.querySelector("form").textContent.includes("Token")`,
		},
		{name: "a wrong password", options: apart, refused: true, then: []chromedp.Action{enters("wrong")}, shown: says("Wrong password.", ".trouble")},
		{
			name: "too many wrong passwords", options: apart, refused: true, then: []chromedp.Action{
				chromedp.Evaluate(`Promise.all(Array.from({ length: 12 }, () => fetch("/sign-in", { method: "POST", body: new URLSearchParams({ password: "wrong" }) }))).then(() => null)`,
					nil, browsertest.Awaited), enters("wrong"),
			}, shown: says("Too many wrong passwords.", ".trouble"),
		},
		{name: "open to this machine", options: func(o *dashboard.Options) { apart(o); o.Password, o.Token = "", "" }, shown: `document.getElementById("now")`},
		{name: "not found", path: "no-such-page", refused: true, shown: says("Page not found", "h1")},
	}
}

// A stage is a server that shows one page after another at the same URL.
type stage struct {
	sessions *dashboard.Sessions
	now      atomic.Pointer[scene]
}

type scene struct {
	page *dashboard.Dashboard
	ctx  context.Context // its end is the bot's
	end  context.CancelFunc
}

func (s *stage) show(d *dashboard.Dashboard) {
	ctx, end := context.WithCancel(context.Background())
	s.now.Store(&scene{d, ctx, end})
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.now.Load()
	if now.ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(now.ctx, cancel)()
	now.page.ServeHTTP(w, r.WithContext(ctx))
}

func (s state) world(t *testing.T, shared *dashboard.Sessions) *world {
	t.Helper()
	w := unserved(t, 2*time.Minute, func(o *dashboard.Options) {
		o.Sessions = shared
		if s.options != nil {
			s.options(o)
		}
	})
	_, unable := w.options.Controls.(nobody)
	if s.young || unable {
		if s.young {
			w.past.records = nil
		} else {
			w.options.Controls = nil
		}
		d, err := dashboard.New(w.options)
		if err != nil {
			t.Fatal(err)
		}
		w.page = d
	}
	if s.arrange != nil {
		s.arrange(t, w)
	}
	return w
}

var sizes = []struct {
	name          string
	width, height int64
}{{"desktop", 1280, 800}, {"phone", 390, 844}}

// axe-core finds nothing in any state of the page, on a desktop and on a phone, in light and in dark colors.
func TestInABrowserEveryStateIsForEverybody(t *testing.T) {
	racetest.Long(t)
	t.Parallel()
	const tabs = 2
	for tab := range tabs {
		t.Run(fmt.Sprint("tab ", tab+1), func(t *testing.T) {
			t.Parallel()
			all := states()
			p := &stage{sessions: dashboard.NewSessions()}
			p.show(all[0].world(t, p.sessions).page)
			url := serve(t, p)
			ctx := chromium.Tab(t, url+"/")
			run(t, ctx, signIn(url))
			audit := browsertest.Audit{Parts: "footer, main section, main tbody tr"}
			for i := tab; i < len(all); i += tabs {
				p.play(t, ctx, &audit, url, all[i])
			}
		})
	}
}

func (p *stage) play(t *testing.T, ctx context.Context, audit *browsertest.Audit, url string, s state) {
	t.Helper()
	p.show(s.world(t, p.sessions).page)
	if s.refused {
		run(t, ctx, log.Disable())
	}
	run(t, ctx, chromedp.EmulateViewport(sizes[0].width, sizes[0].height), chromedp.Navigate(url+"/"+s.path))
	if s.gone {
		run(t, ctx, visible(`#link[data-state=on]`))
		p.now.Load().end()
	}
	run(t, ctx, append(s.then, until(s.shown))...)
	for _, size := range sizes {
		run(t, ctx, chromedp.EmulateViewport(size.width, size.height))
		audit.Check(t, ctx, s.name, size.name)
		if size.name == "phone" {
			var height float64
			run(t, ctx, chromedp.Evaluate(`document.getElementById("now")?.offsetHeight ?? 0`, &height))
			if screens := height / float64(size.height); screens > 3 {
				t.Errorf("%s: the present takes %.1f screens of a phone", s.name, screens)
			}
		}
		for _, scheme := range []string{"light", "dark"} {
			if *shots != "" {
				run(t, ctx, browsertest.Theme(scheme))
				picture(t, ctx, s.name+" "+size.name+" "+scheme)
			}
		}
	}
	if s.refused {
		run(t, ctx, chromedp.Navigate("about:blank"), log.Enable())
	}
}
