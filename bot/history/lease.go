package history

import (
	"context"
	"database/sql"
	"time"
)

// Lease takes or renews the lease of this app and process type for ttl, if it is free, expired or already holder's. It
// returns the present holder, and whether that is holder. Two bots notice each other by it. A ttl of 0 returns the
// lease.
//
// Times are from the caller's clock, so ttl must be longer than clocks differ: minutes.
func (db *DB) Lease(ctx context.Context, holder string, ttl time.Duration) (holderNow string, ours bool, err error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return "", false, err
	}
	holder = text(holder)
	err = p.tx(ctx, id, func(tx *sql.Tx) error {
		now := time.Now()
		_, err := tx.ExecContext(ctx, `insert into autoscalebot_leases (bot, holder, ends) values ($1, $2, $3)
			on conflict (bot) do update set holder = excluded.holder, ends = excluded.ends
			where autoscalebot_leases.holder = excluded.holder or autoscalebot_leases.ends <= $4`,
			id, holder, now.Add(ttl).UnixNano(), now.UnixNano())
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `select holder from autoscalebot_leases where bot = $1`, id).Scan(&holderNow)
	})
	return holderNow, err == nil && holderNow == holder && ttl > 0, p.failed("take the bot's lease", err)
}
