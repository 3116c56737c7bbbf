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

// Found is the result of [Look].
type Found struct {
	// Place describes the place for people, without secrets.
	Place string
	// Begun means that the place contains a history, of this bot or another.
	Begun bool
	// Holder is the present holder of the [DB.Lease] of this app and process type; empty if it is free.
	Holder string
}

// Look examines the place of o without changing it: it creates only an empty folder, and removes that at once. The
// error says why the place is unusable.
func Look(ctx context.Context, o Options) (Found, error) {
	if path, ok := strings.CutPrefix(o.URL, "sqlite:"); ok {
		file := strings.TrimPrefix(path, "//")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			if err := canMake(file); err != nil {
				return Found{}, fmt.Errorf("create the SQLite file %s: %w", path, err)
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
		return s, nil // the table does not exist yet
	}
	s.Begun = versions > 0
	// An error means that the lease is free.
	_ = p.db.QueryRowContext(ctx, `select holder from autoscalebot_leases where ends > $1 and bot =
		(select id from autoscalebot_bots where app = $2 and process_type = $3)`, time.Now().UnixNano(), text(o.App), text(o.ProcessType)).Scan(&s.Holder)
	return s, nil
}

// It checks missing folders of path too, and leaves nothing behind.
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
