// Package push takes the metrics that apps push themselves, in the form that Cloud Foundry's App Autoscaler takes them,
// or one by one.
//
// A [Store] is an [http.Handler] for the posts, and gives a [probe.Prober] for each name. It keeps numbers only, for 2
// minutes, and its memory is bounded whatever is posted.
package push

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/guard"
)

const (
	window     = 2 * time.Minute // for which what was pushed counts, as with App Autoscaler
	mostSeries = 10_000          // of all names together, which is 3 MB
	mostNames  = 200
)

// Options say who may push, and how long it counts.
type Options struct {
	// Tokens are those that an app may show, each of 16 bytes at least, as "Authorization: Bearer TOKEN" or as the
	// password of basic authentication.
	Tokens []string
	// App, unless empty, is the only {guid} that is taken in /v1/apps/{guid}/metrics.
	App string
	// GUIDs has every {guid} taken that is one of Cloud Foundry's, beside App, which then is a name.
	GUIDs bool
	// Log is told, once a minute at most, of posts that were refused. nil means nobody.
	Log *slog.Logger
}

// A Store keeps what was pushed in the last 2 minutes. It may be used by several goroutines at once.
type Store struct {
	guard guard.Guard
	app   string
	guids bool
	log   *slog.Logger

	mu    sync.Mutex
	names map[string]*metric
	many  int       // series of all names
	told  time.Time // when a refusal was logged
}

// New returns a Store in which nothing is yet, or says all that is wrong with the options, without a secret.
func New(o Options) (*Store, error) {
	g, err := guard.New(o.Tokens)
	if err != nil {
		return nil, fmt.Errorf("pushed metrics: %w", err)
	}
	log := cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Store{guard: g, app: o.App, guids: o.GUIDs, log: log, names: map[string]*metric{}}, nil
}
