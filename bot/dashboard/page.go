package dashboard

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

type frame struct {
	App, ProcessType, Version string
	CSRF                      string // proves that a form comes from the page
	SignedIn                  bool
	Name                      string // the visitor's
	Password                  bool   // people sign in with a password, not with the token
	Home                      string
	Types                     []Link // nil with a single process type
	assets                    assets
}

func (d *Dashboard) frame(v visitor) frame {
	return frame{
		App: d.o.App, ProcessType: d.o.ProcessType, Version: d.o.Version, CSRF: d.token(v),
		SignedIn: v.session != "", Name: v.name,
		Password: d.o.Password != "", Home: d.home(), Types: d.types(), assets: d.assets,
	}
}

// The list includes this page, and is nil if it would be alone.
func (d *Dashboard) types() []Link {
	this := Link{Name: d.o.ProcessType, URL: d.home()}
	switch i := slices.IndexFunc(d.o.Others, func(l Link) bool { return l.Name == this.Name }); {
	case i >= 0 && len(d.o.Others) > 1:
		return d.o.Others
	case i < 0 && len(d.o.Others) > 0:
		return append([]Link{this}, d.o.Others...)
	}
	return nil
}

func (f frame) to(what string) templ.SafeURL { return templ.SafeURL(f.Home + what) }

func (f frame) asset(name string) string { return f.assets.at[name] }

type whole struct {
	Frame       frame
	NoHeartbeat bool
	Now         present
	Bill        bill
	Decisions   decisions
	Groups      []group
	Spans       []span
	Controls    bool
	TestNotices bool
	Limits      struct{ Min, Max int }
	Zone        string // an IANA name, or empty
	ZoneText    string
	Interval    string
	Started     time.Time
	Trouble     string
	Charted     period
	Files       bool
	Signals     bool
}

type group struct {
	Name     string
	Settings []Setting
}

type span struct {
	Seconds, Text string
	First         bool // the charts' initial period
}

func first(all []span) time.Duration {
	i := slices.IndexFunc(all, func(s span) bool { return s.First })
	s, _ := strconv.Atoi(all[i].Seconds) // a constant
	return time.Duration(s) * time.Second
}

// In the attributes of the charts, times are in seconds since 1970.
func unixText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// With shorter intervals, ten minutes contain enough heartbeats.
const swift = 10 * time.Second

func spans(interval time.Duration) []span {
	all := []span{
		{Seconds: "600", Text: "10 min"},
		{Seconds: "3600", Text: "1 h"},
		{Seconds: "21600", Text: "6 h"},
		{Seconds: "86400", Text: "24 h"},
		{Seconds: "604800", Text: "7 d"},
		{Seconds: "2592000", Text: "30 d"},
		{Seconds: "7776000", Text: "90 d"},
	}
	if interval < swift {
		all[0].First = true
		return all
	}
	all[2].First = true
	return all[1:]
}

// If the history is unavailable, the page shows the rest.
func (d *Dashboard) page(w http.ResponseWriter, r *http.Request, v visitor) {
	now := time.Now()
	all := whole{
		Frame: d.frame(v), NoHeartbeat: d.o.NoHeartbeat, Now: d.present(now), Groups: d.groups(),
		Controls: d.o.Controls != nil, TestNotices: d.testsNotices(), Files: d.o.Files != nil,
		Spans: spans(d.o.Interval), Zone: d.o.Zone.String(),
		Interval: words.Length(d.o.Interval), Started: d.o.Started.In(d.o.Zone),
	}
	all.Limits.Min, all.Limits.Max = max(1, all.Now.Limits.Min), all.Now.Limits.Max
	all.ZoneText = all.Zone
	if all.Zone == "Local" {
		all.Zone, all.ZoneText = "", "the bot's time zone"
	}
	newest, _ := d.hub.newest()
	all.Signals = hasSignals(newest)
	all.Charted = readPeriod(r.URL.Query()).charted(first(all.Spans), now)
	var err error
	if all.Decisions, err = d.decisions(r.Context(), readFilter(r.URL.Query())); err == nil {
		all.Bill, err = d.bill(r.Context(), now)
	}
	if err != nil {
		d.o.Log.Warn("the page cannot read the history", "error", err)
		all.Trouble = "The history is unavailable. The bot continues to scale."
	}
	d.render(w, r, http.StatusOK, wholePage(all))
}

// Groups are in the order of their first settings.
func (d *Dashboard) groups() []group {
	var out []group
	place := map[string]int{}
	for _, s := range d.o.Settings {
		i, ok := place[s.Group]
		if !ok {
			i = len(out)
			place[s.Group] = i
			out = append(out, group{Name: s.Group})
		}
		out[i].Settings = append(out[i].Settings, s)
	}
	return out
}

// The form starts with the present number, within the limits.
func (p whole) firstOverride() string {
	n, err := strconv.Atoi(p.Now.Dynos)
	if err != nil {
		n = p.Limits.Min
	}
	return strconv.Itoa(min(max(n, p.Limits.Min), p.Limits.Max))
}

func (p whole) charts() string {
	if p.NoHeartbeat {
		return "Chart of " + p.Now.Noun.Many()
	}
	return "Charts of response time and " + p.Now.Noun.Many()
}

func (p whole) every() string {
	if p.NoHeartbeat {
		return "One reading every"
	}
	return "One heartbeat every"
}
