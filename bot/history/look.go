package history

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Seen is what is found at a place without changing anything there.
type Seen struct {
	// Place says for people where it is, without a secret.
	Place string
	// Begun: a history is kept there already, of this bot or of another.
	Begun bool
	// Holder is who runs the bot of this app and process type now, as [DB.Lease] tells; "" for nobody.
	Holder string
}

// Look looks at the place that o names and changes nothing: it makes no file and no table. The error says why nothing can be kept there.
func Look(ctx context.Context, o Options) (Seen, error) {
	if path, ok := strings.CutPrefix(o.URL, "sqlite:"); ok {
		_, err := os.Stat(strings.TrimPrefix(path, "//"))
		if errors.Is(err, fs.ErrNotExist) {
			return Seen{Place: "the SQLite file " + path}, nil
		}
	}
	p, err := open(ctx, o.URL)
	if err != nil {
		return Seen{}, err
	}
	defer p.close()
	s := Seen{Place: p.name}
	if err := p.db.PingContext(ctx); err != nil {
		return s, p.failed("reach the history in "+p.name, err)
	}
	var versions int
	if err := p.db.QueryRowContext(ctx, `select count(*) from autoscalebot_schema`).Scan(&versions); err != nil {
		return s, nil // there is no such table yet
	}
	s.Begun = versions > 0
	// Where there is no lease there is no row, and nobody to tell of.
	_ = p.db.QueryRowContext(ctx, `select holder from autoscalebot_leases where ends > $1 and bot =
		(select id from autoscalebot_bots where app = $2 and process_type = $3)`, time.Now().UnixNano(), text(o.App), text(o.ProcessType)).Scan(&s.Holder)
	return s, nil
}
