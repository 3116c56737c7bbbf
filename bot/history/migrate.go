package history

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Each file leads to the next version of the schema, in the order of their names. A released file must not change.
//
//go:embed migrations/*.sql
var migrations embed.FS

// PostgreSQL's advisory locks have two numbers. The second is a bot's, or 0 for the schema.
const lockClass = 0x61736264 // "asbd"

// One transaction, so that programs that start at the same time migrate one after the other.
func (p *place) migrate(ctx context.Context) error {
	return p.migrateTo(ctx, migrations)
}

func (p *place) migrateTo(ctx context.Context, files fs.FS) error {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return err
	}
	return p.tx(ctx, 0, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `create table if not exists autoscalebot_schema (version bigint not null)`); err != nil {
			return err
		}
		var version int
		if err := tx.QueryRowContext(ctx, `select coalesce(max(version), 0) from autoscalebot_schema`).Scan(&version); err != nil {
			return err
		}
		if version > len(names) {
			return fmt.Errorf("%s has version %d of the history's schema, from a newer autoscalebot; this one "+
				"supports version %d: update it", p.name, version, len(names))
		}
		for ; version < len(names); version++ {
			if err := step(ctx, tx, files, names[version], version+1); err != nil {
				return fmt.Errorf("version %d of the schema: %w", version+1, err)
			}
		}
		return nil
	})
}

func step(ctx context.Context, tx *sql.Tx, files fs.FS, name string, version int) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `insert into autoscalebot_schema (version) values ($1)`, version)
	return err
}

// The transaction is exclusive for the bot, or for all bots if bot is 0.
func (p *place) tx(ctx context.Context, bot int64, do func(*sql.Tx) error) error {
	return p.txOn(ctx, p.db, bot, do)
}

func (p *place) txOn(ctx context.Context, db *sql.DB, bot int64, do func(*sql.Tx) error) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, rolledBack(tx.Rollback()))
		}
	}()
	if p.postgres { // SQLite locks the file itself
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1::int, $2::int)`, lockClass, bot); err != nil {
			return err
		}
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction that has already ended is not an error.
func rolledBack(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
