// Package push takes the metrics that apps push themselves, in the form that Cloud Foundry's App Autoscaler takes them, or one by one.
//
// A [Store] is an [http.Handler] for the posts, and gives a [probe.Prober] for each name. It keeps numbers only, for the length of the
// window, and its memory is bounded whatever is posted.
package push

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/guard"
)

const (
	defaultWindow                 = 2 * time.Minute // App Autoscaler's
	shortestWindow, longestWindow = 10 * time.Second, time.Hour
	mostSeries                    = 10_000 // of all names together, which is 3 MB
	mostNames                     = 200
)

// Options say who may push, and how long it counts.
type Options struct {
	// Tokens are those that an app may show, each of 16 bytes at least, as "Authorization: Bearer TOKEN" or as the password of basic
	// authentication.
	Tokens []string
	// App, unless empty, is the only {guid} that is taken in /v1/apps/{guid}/metrics.
	App string
	// GUIDs has every {guid} taken that is one of Cloud Foundry's, beside App, which then is a name.
	GUIDs bool
	// Window is how long what was pushed counts, from 10 s to 1 h; 0 means 2 minutes.
	Window time.Duration
	// Log is told, once a minute at most, of posts that were refused. nil means nobody.
	Log *slog.Logger
}

// A Store keeps what was pushed within the window. It may be used by several goroutines at once.
type Store struct {
	guard  guard.Guard
	app    string
	guids  bool
	window time.Duration
	log    *slog.Logger

	mu    sync.Mutex
	names map[string]*metric
	many  int       // series of all names
	told  time.Time // when a refusal was logged
}

// New returns a Store in which nothing is yet, or says all that is wrong with the options, without a secret.
func New(o Options) (*Store, error) {
	s := &Store{app: o.App, guids: o.GUIDs, window: o.Window, log: o.Log, names: map[string]*metric{}}
	s.window = cmp.Or(s.window, defaultWindow)
	s.log = cmp.Or(s.log, slog.New(slog.DiscardHandler))
	var err error
	s.guard, err = guard.New(o.Tokens)
	wrong := []error{err}
	if s.window < shortestWindow || s.window > longestWindow {
		wrong = append(wrong, fmt.Errorf("the window is %v, and must be from %v to %v", s.window, shortestWindow, longestWindow))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("pushed metrics: %w", err)
	}
	return s, nil
}
