// Package dashboard serves the bot's web page: the present state and the reasons for it, charts, cost, decisions,
// settings, and controls.
//
// The server renders the page and updates it through server-sent events. The page loads nothing from other servers.
package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// History is the part of a history.DB that the page reads.
type History interface {
	// Points sums up [from, to) in at most atMost buckets of equal width.
	Points(ctx context.Context, from, to time.Time, atMost int) (history.Series, error)
	// Records returns the records that match q.
	Records(ctx context.Context, q history.Query) ([]record.Record, error)
	// Events returns the newest events in [from, to), the newest last.
	Events(ctx context.Context, from, to time.Time, limit int) ([]notify.Event, error)
}

// Controls carries out the page's commands. Its errors are sentences for people. A *bot.Bot implements it.
type Controls interface {
	Pause(d bot.Direction, length time.Duration, by string) error
	Resume(d bot.Direction, by string) error
	Override(dynos int, length time.Duration, by string) error
	EndOverride(by string) error
	OverrideLimits(l schedule.Limits, from, until time.Time, by string) error
	EndLimits(from time.Time, by string) error
}

// A Schedule returns the limits at a moment, and their next change. A schedule.Table implements it.
type Schedule interface {
	At(now time.Time) schedule.Limits
	Next(now time.Time) (when time.Time, l schedule.Limits, ok bool)
}

// A Setting is a setting in force. The page shows its value, so the caller must hide secrets.
type Setting struct {
	// Group is its heading, Name the environment variable.
	Group, Name string
	// Value is the value in force, Source its origin, such as "default" or "environment".
	Value, Source string
	// Meaning is a short description.
	Meaning string
	// Doc is the URL of its documentation; empty for none.
	Doc string
}

// In characters. The page limits guesses of a password. Only its length protects a token.
const (
	shortestPassword = 8
	shortestToken    = 16
)

// A Link is the page of a process type.
type Link struct {
	// Name is the process type, URL its page, such as "/worker/".
	Name, URL string
}

// Options are the settings of a [Dashboard]. Schedule, History, Control and State are required.
type Options struct {
	Target
	// Version is the bot's.
	Version string
	// Base is the page's path without a final slash, such as "/worker"; empty for the root of its server. The page
	// expects requests with their whole path: mux.Handle(Base+"/", page), without [http.StripPrefix].
	Base string
	// Others are the pages of the app's process types, for the header. The list may include this page, so that all
	// pages can share it. If it does not, this page comes first.
	Others []Link
	// Started is the time of the bot's start.
	Started time.Time
	// DryRun means that the bot changes nothing. The page says so.
	DryRun bool
	// Interval is the time between heartbeats.
	Interval time.Duration
	// NoHeartbeat means that the bot uses only signals, so the page shows no response times.
	NoHeartbeat bool
	// Schedule has the limits in force. Zone is the time zone of the page; nil means UTC.
	Schedule Schedule
	Zone     *time.Location
	// Policy is the bot's. The page shows its cooldowns, and its price of a dyno if the newest record has no price.
	Policy decide.Policy
	// Control and State are the bot's methods of that name.
	Control func() decide.Control
	State   func() decide.State
	// History is the source of the charts, the decisions and the cost.
	History History
	// Files writes the shown period to files. Nil hides its links.
	Files Files
	// Servers returns the servers of a pool. Nil hides that section.
	Servers func() []Server
	// Warnings returns sentences about the bot that people should read. Nil means no warnings.
	Warnings func() []string
	// Controls carries out commands. Nil hides the controls.
	Controls Controls
	// TestNotices sends test notices. Nil, or one without a name, hides the button.
	TestNotices TestNotices
	// Settings are the settings in force, in the order of the page.
	Settings []Setting
	Access
	// Log receives sign-ins and errors. Nil discards them.
	Log *slog.Logger
}

// A Target is what the bot scales.
type Target struct {
	// App is the app's name on its platform.
	App, ProcessType string
	// Unit is the platform's word for one dyno, such as "instance"; empty means "dyno".
	Unit words.Unit
}

// Access is who may see a [Dashboard].
type Access struct {
	// Password is for people, at least 8 characters. Token is a bearer token for programs, at least 16 characters;
	// without a Password, people sign in with it too. Without either, the page is open at loopback addresses only; see
	// [Loopback].
	Password, Token string
	// Sessions are the signed-in visitors. Pages of one host share them, so that people sign in once; such pages need
	// the same Password and Token. Nil means own sessions, for a host with a single page.
	Sessions *Sessions
	// Throttle limits wrong passwords and tokens across all endpoints that share it. Nil means one that is shared by
	// the pages that share Sessions.
	Throttle *throttle.Limiter
	// Secure means that people reach the page only over HTTPS, so its cookies are restricted to HTTPS.
	Secure bool
}

// A Dashboard is the bot's page. It is an http.Handler, a bot.Recorder that shows each record to all viewers, and a
// notify.Notifier that shows the open incidents.
type Dashboard struct {
	o      Options
	assets assets
	routes map[string]map[string]route

	sessions *Sessions
	foreign  *http.CrossOriginProtection

	hub       *hub       // shared by the pages that [Dashboard.With] returns
	incidents *incidents // too
	bills     bills
	asking    chan struct{} // limits parallel queries to the history
	writing   chan struct{} // limits parallel files
	zips      sync.Pool     // of *gzip.Writer, which are large
}

const mostAsking = 4 // parallel queries to the history; others wait

// New returns a page. Its error lists all mistakes in o.
func New(o Options) (*Dashboard, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Zone = cmp.Or(o.Zone, time.UTC)
	files, err := loadAssets(o.Base + assetsPath)
	if err != nil {
		return nil, err
	}
	if o.Sessions == nil {
		o.Sessions = NewSessions()
	}
	if o.Throttle == nil {
		o.Throttle = o.Sessions.limiter(o.Log)
	}
	d := &Dashboard{
		o: o, assets: files, sessions: o.Sessions, foreign: http.NewCrossOriginProtection(),
		hub: &hub{}, incidents: &incidents{},
		asking: make(chan struct{}, mostAsking), writing: make(chan struct{}, mostFiles),
		bills: bills{turn: make(chan struct{}, 1)},
	}
	d.routes = d.paths()
	return d, nil
}

func (o Options) check() error {
	var errs []error
	if o.Schedule == nil || o.History == nil || o.Control == nil || o.State == nil {
		errs = append(errs, errors.New("the page needs a schedule, a history, and the bot's control and state"))
	}
	if !isBase(o.Base) {
		errs = append(errs, fmt.Errorf("invalid path %.100q: must be such as /worker, of unescaped characters and "+
			"without a slash at its end", o.Base))
	}
	for _, l := range o.Others {
		if l.Name == "" || l.URL == "" {
			errs = append(errs, fmt.Errorf("the link %.100q to %.100q needs both a name and a URL", l.Name, l.URL))
		}
	}
	if n := len(o.Password); n > 0 && n < shortestPassword {
		errs = append(errs, fmt.Errorf("the page's password has %d characters: must have at least %d", n,
			shortestPassword))
	}
	if n := len(o.Token); n > 0 && n < shortestToken {
		errs = append(errs, fmt.Errorf("the page's token has %d characters: must have at least %d", n, shortestToken))
	}
	return errors.Join(errs...)
}

// A base needs no cleaning and no escaping in URLs and in the patterns of a mux.
func isBase(base string) bool {
	return base == "" || base != "/" && base[0] == '/' && path.Clean(base) == base &&
		(&url.URL{Path: base}).EscapedPath() == base
}

// An open page needs no sign-in.
func (d *Dashboard) open() bool { return d.o.Password == "" && d.o.Token == "" }
