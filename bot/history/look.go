package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Found is what is found at a place without changing anything there.
type Found struct {
	// Place says for people where it is, without a secret.
	Place string
	// Begun: a history is kept there already, of this bot or of another.
	Begun bool
	// Holder is who runs the bot of this app and process type now, as [DB.Lease] tells; "" for nobody.
	Holder string
}

// Look looks at the place that o names and changes nothing: it makes no table, and no file but an empty folder that it
// removes at once. The error says why nothing can be kept there.
func Look(ctx context.Context, o Options) (Found, error) {
	if path, ok := strings.CutPrefix(o.URL, "sqlite:"); ok {
		file := strings.TrimPrefix(path, "//")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			if err := canMake(file); err != nil {
				return Found{}, fmt.Errorf("make the SQLite file %s: %w", path, err)
			}
			return Found{Place: "the SQLite file " + path}, nil
		}
	}
	p, err := open(ctx, o.URL)
	if err != nil {
		return Found{}, err
	}
	defer p.close()
	s := Found{Place: p.name}
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

// path's folders are included. Nothing is left behind.
func canMake(path string) error {
	dir := filepath.Dir(path)
	for {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
			continue
		}
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a folder", dir)
		}
		if err != nil {
			return err
		}
		break
	}
	made, err := os.MkdirTemp(dir, ".autoscalebot")
	if err != nil {
		return err
	}
	return os.Remove(made)
}
