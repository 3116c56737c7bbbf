// Package push accepts metrics that apps push, in the form of Cloud Foundry's App Autoscaler or one at a time.
//
// A [Store] is an [http.Handler] for the posts, and has a [probe.Prober] for each name. It keeps numbers only, for 2
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
	window     = 2 * time.Minute // in which a value counts, as in App Autoscaler
	mostSeries = 10_000          // of all names together: 3 MB
	mostNames  = 200
)

// Options say who may push, and for which app.
type Options struct {
	// Tokens are the accepted tokens, each at least 16 bytes long, sent as "Authorization: Bearer TOKEN" or as the
	// password of basic authentication.
	Tokens []string
	// App, if set, is the only {guid} accepted in /v1/apps/{guid}/metrics.
	App string
	// GUIDs also accepts every {guid} that has the form of a Cloud Foundry GUID. App is then a name.
	GUIDs bool
	// Log receives a warning about refused posts, at most one per minute. nil disables it.
	Log *slog.Logger
}

// A Store keeps the values of the last 2 minutes. It is safe for concurrent use.
type Store struct {
	guard guard.Guard
	app   string
	guids bool
	log   *slog.Logger

	mu    sync.Mutex
	names map[string]*metric
	many  int       // number of series of all names
	told  time.Time // when a refusal was logged
}

// New returns an empty Store, or all that is wrong with the options, without a secret.
func New(o Options) (*Store, error) {
	g, err := guard.New(o.Tokens)
	if err != nil {
		return nil, fmt.Errorf("pushed metrics: %w", err)
	}
	log := cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Store{guard: g, app: o.App, guids: o.GUIDs, log: log, names: map[string]*metric{}}, nil
}
