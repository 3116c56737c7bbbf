package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
)

// A tick waits for the bot's memory to be written.
const rememberTimeout = 1500 * time.Millisecond

type kept struct{ text string }

// Remember writes m. It returns within milliseconds on a disk, and after at most 1.5 s. If writing fails, Remember logs
// that once and returns nil, and m is written as soon as possible; a restart before that uses an older memory. An error
// means that the DB is closed, or that m has no JSON form.
func (db *DB) Remember(m bot.Memory) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the bot's memory as JSON: %w", err)
	}
	db.mu.Lock()
	db.memory = &kept{string(body)}
	db.newest = db.memory
	waits := !db.down.since.IsZero() || db.former.unread && db.standIn.since.IsZero()
	db.mu.Unlock()
	select {
	case <-db.done:
		return ErrClosed
	default:
	}
	if waits {
		return nil
	}
	ctx, cancel := context.WithTimeout(db.base, rememberTimeout)
	defer cancel()
	if err := db.writeMemory(ctx); err != nil {
		db.failed(err)
	}
	return nil
}

// Memory returns the bot's memory. ok is false if none was ever written. If it cannot be read now, [DB.RecallTo] can
// deliver it later.
func (db *DB) Memory(ctx context.Context) (m bot.Memory, ok bool, err error) {
	p := db.at()
	body, err := p.memory(ctx, db.who)
	db.mu.Lock()
	db.former.read(body, err, !db.standIn.since.IsZero())
	db.mu.Unlock()
	if err != nil || body == "" {
		return bot.Memory{}, false, err
	}
	m, err = parseMemory(body)
	return m, err == nil, err
}

func parseMemory(body string) (m bot.Memory, err error) {
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return bot.Memory{}, fmt.Errorf("read the bot's memory, perhaps of another version of the program: %w", err)
	}
	return m, nil
}

// body is empty if no memory was written.
func (p *place) memory(ctx context.Context, owner who) (body string, err error) {
	id, err := p.ready(ctx, owner)
	if err != nil {
		return "", err
	}
	err = p.db.QueryRowContext(ctx, `select body from autoscalebot_memory where bot = $1`, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return body, p.failed("read the bot's memory", err)
}

func (db *DB) toRemember() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.memory != nil
}

func (db *DB) writeMemory(ctx context.Context) error {
	db.remembering.Lock() // keeps an older memory from replacing a newer one
	defer db.remembering.Unlock()
	db.mu.Lock()
	m := db.memory
	db.mu.Unlock()
	if m == nil {
		return nil
	}
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	_, err = p.sure.ExecContext(ctx, `insert into autoscalebot_memory (bot, at, body) values ($1, $2, $3)
		on conflict (bot) do update set at = excluded.at, body = excluded.body`, id, time.Now().UnixNano(), m.text)
	if err != nil {
		return p.failed("write the bot's memory to "+p.name, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.memory == m {
		db.memory = nil
	}
	return nil
}
