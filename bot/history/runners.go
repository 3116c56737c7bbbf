package history

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const runnerKept = day // for a bot that was killed

var errInMemory = errors.New("the history is in memory until its file is usable")

// A Runner is a program that runs a bot.
type Runner struct {
	// ID is unique, Name is for people.
	ID, Name string
	// Beats grows by 1 at every heartbeat, about every Every.
	Beats int64
	Every time.Duration
}

// Beat records a heartbeat of the program me, which runs the bot of this app and process type, and returns the other
// programs that did so and have not left. A program is alive if its Beats grow: one that was killed does not leave.
// Beat fails while the history is in memory instead of its file, since no other program uses that.
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

// Leave records that the program me no longer runs the bot.
func (db *DB) Leave(ctx context.Context, me Runner) error {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	_, err = p.db.ExecContext(ctx, `delete from autoscalebot_runners where bot = $1 and id = $2`, id, text(me.ID))
	return p.failed("record the end of the bot", err)
}
