package history

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const runnerKept = day // of what a bot that was killed has left

var errInMemory = errors.New("the history is kept in memory until its file can be used")

// A Runner is a program that runs a bot.
type Runner struct {
	// ID tells it from all others, Name is what people call it.
	ID, Name string
	// Beats grows with every heartbeat that it takes, one about every Every.
	Beats int64
	Every time.Duration
}

// Beat notes a heartbeat of the program me, which runs the bot of this app and process type, and returns the others
// that have noted one and have not left. Which of them are alive only shows in whether their Beats grow: one that was
// killed leaves what it noted. While the history is kept in memory, where no other notes anything, it fails.
func (db *DB) Beat(ctx context.Context, me Runner) (others []Runner, err error) {
	if db.standsIn() {
		return nil, errInMemory
	}
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return nil, err
	}
	err = p.tx(ctx, id, func(tx *sql.Tx) error {
		now := time.Now()
		_, err := tx.ExecContext(ctx, `insert into autoscalebot_runners (bot, id, name, beats, every, seen) values ($1, $2, $3, 1, $4, $5)
			on conflict (bot, id) do update set beats = autoscalebot_runners.beats + 1, seen = excluded.seen`,
			id, text(me.ID), text(me.Name), me.Every.Seconds(), now.UnixNano())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `delete from autoscalebot_runners where bot = $1 and seen < $2`, id, now.Add(-runnerKept).UnixNano()); err != nil {
			return err
		}
		others, err = otherRunners(ctx, tx, id, text(me.ID))
		return err
	})
	return others, p.failed("look for other bots of this app", err)
}

func otherRunners(ctx context.Context, tx *sql.Tx, bot int64, me string) (others []Runner, err error) {
	err = each(ctx, tx, func(rows *sql.Rows) error {
		var r Runner
		var every float64
		err := rows.Scan(&r.ID, &r.Name, &r.Beats, &every)
		r.Every = time.Duration(every * float64(time.Second))
		others = append(others, r)
		return err
	}, `select id, name, beats, every from autoscalebot_runners where bot = $1 and id <> $2 order by name, id`, bot, me)
	return others, err
}

// Leave notes that the program me runs the bot no longer.
func (db *DB) Leave(ctx context.Context, me Runner) error {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	_, err = p.db.ExecContext(ctx, `delete from autoscalebot_runners where bot = $1 and id = $2`, id, text(me.ID))
	return p.failed("note that the bot ends", err)
}
