// Package dashboard serves the bot's page: what happens now and why, what happened over time, what it costs, and
// buttons to step in.
//
// The page is made on the server, kept live by a stream of server-sent events, and asks nobody else's server for
// anything.
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
	"github.com/autoscalebot/autoscalebot/schedule"
)

// History tells what happened.
type History interface {
	// Points sums up what happened from one moment to another, in buckets that are wide enough that there are atMost of
	// them.
	Points(ctx context.Context, from, to time.Time, atMost int) (history.Series, error)
	// Records returns the records that a query wants.
	Records(ctx context.Context, q history.Query) ([]record.Record, error)
}

// A Controls takes what people ask of the bot. Its errors are sentences for people. A *bot.Bot is one.
type Controls interface {
	Pause(d bot.Direction, length time.Duration, by string) error
	Resume(d bot.Direction, by string) error
	Override(dynos int, length time.Duration, by string) error
	EndOverride(by string) error
}

// A Schedule tells the limits at a moment, and when they change next. A schedule.Table is one.
type Schedule interface {
	At(now time.Time) schedule.Limits
	Next(now time.Time) (when time.Time, l schedule.Limits, ok bool)
}

// A Setting is one setting in force. Its value is shown, so a secret's must be hidden already.
type Setting struct {
	// Group is the heading that it stands under, Name what the environment calls it.
	Group, Name string
	// Value is what is in force, Source where it came from, such as "default" or "environment".
	Value, Source string
	// Meaning says what it does.
	Meaning string
}

// A password is guessed at the pace that the page allows; a token's length alone keeps it from being guessed.
const (
	shortestPassword = 8
	shortestToken    = 16
)

// A Link leads to the page of a process type.
type Link struct {
	// Name is the process type, URL where its page is, such as "/worker/".
	Name, URL string
}

// Options say what a Dashboard shows and whom. Schedule, History, Control and State are needed.
type Options struct {
	// App and ProcessType name what is scaled. Version is the bot's.
	App, ProcessType, Version string
	// Base is the path that the page is below, without a slash at its end, such as "/worker"; "" is the root of its
	// server. The page expects requests with their whole path: mux.Handle(Base+"/", page), without [http.StripPrefix].
	Base string
	// Others are the pages of the app's other process types, to which the header leads. One that is named as
	// ProcessType stands for this page, so that all pages can have the same list; where none is, this page is the
	// first.
	Others []Link
	// Started is when the bot was.
	Started time.Time
	// DryRun: the bot changes nothing, and the page says so.
	DryRun bool
	// Interval is from heartbeat to heartbeat.
	Interval time.Duration
	// NoHeartbeat: the bot sends no heartbeats and goes by signals alone, so the page shows no response time.
	NoHeartbeat bool
	// Schedule tells the limits. Zone is the time zone of everything that the page shows; nil is UTC.
	Schedule Schedule
	Zone     *time.Location
	// Policy is the bot's: the page shows its cooldowns, and its price of a dyno unless a budget's bill has another.
	Policy decide.Policy
	// Control and State are the bot's own methods of that name.
	Control func() decide.Control
	State   func() decide.State
	// History is what the charts, the table and the money are made of.
	History History
	// Servers tells what each server is and does, where the dynos are servers of a pool. Nil leaves them out.
	Servers func() []Server
	// Warnings are sentences about the bot itself that people should read. Nil is none.
	Warnings func() []string
	// Controls takes what people ask for. Nil leaves the buttons out.
	Controls Controls
	// Settings are those in force, in the order of the page.
	Settings []Setting
	Access
	// Log is told who signed in, and what went wrong. Nil is silent.
	Log *slog.Logger
}

// Access says whom a Dashboard lets in.
type Access struct {
	// Password lets people in, at least 8 characters. Token lets programs in, as a bearer token of at least 16; where
	// there is no password it lets people in too. Without either everybody is let in who asks for a loopback address,
	// see [Loopback].
	Password, Token string
	// Sessions are who has signed in. Pages of one host share them, so that who has signed in to one has signed in to
	// all; they need the same Password and Token for that. Nil makes some of the page's own, for a host with a single
	// page.
	Sessions *Sessions
	// Throttle bounds wrong passwords and tokens, of all ways in that share it, and knows where requests come from. Nil
	// makes one for the pages that share Sessions.
	Throttle *throttle.Limiter
	// Secure: people reach the page by HTTPS alone, so its cookies are sent over nothing else.
	Secure bool
}

// A Dashboard is the page: an http.Handler for it, a bot.Recorder that shows each record to everybody who looks, and a
// notify.Notifier that shows the incidents that are open.
type Dashboard struct {
	o      Options
	assets assets
	routes map[string]map[string]route

	sessions *Sessions
	foreign  *http.CrossOriginProtection

	hub       hub
	incidents incidents
	bills     bills
	asking    chan struct{} // bounds how many ask the history at once
	zips      sync.Pool     // of *gzip.Writer, which are large
}

// The others wait.
const mostAsking = 4

// New makes a page from o. Its error lists everything that is wrong with o.
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
		asking: make(chan struct{}, mostAsking), bills: bills{turn: make(chan struct{}, 1)},
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
		errs = append(errs, fmt.Errorf("the page cannot be below %.100q; write a path such as /worker, of plain "+
			"letters and without a slash at its end", o.Base))
	}
	for _, l := range o.Others {
		if l.Name == "" || l.URL == "" {
			errs = append(errs, fmt.Errorf("the link %.100q to %.100q needs both a name and a URL", l.Name, l.URL))
		}
	}
	if n := len(o.Password); n > 0 && n < shortestPassword {
		errs = append(errs, fmt.Errorf("the page's password has %d characters; at least %d keep it from "+
			"being guessed", n, shortestPassword))
	}
	if n := len(o.Token); n > 0 && n < shortestToken {
		errs = append(errs, fmt.Errorf("the page's token has %d characters; at least %d keep it from being guessed",
			n, shortestToken))
	}
	return errors.Join(errs...)
}

// A base is clean, and its letters stand for themselves in URLs and in the patterns of a mux.
func isBase(base string) bool {
	return base == "" || base != "/" && base[0] == '/' && path.Clean(base) == base &&
		(&url.URL{Path: base}).EscapedPath() == base
}

// Nobody has to sign in.
func (d *Dashboard) open() bool { return d.o.Password == "" && d.o.Token == "" }
