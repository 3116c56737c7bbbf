package history

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// AskAge is the maximum age of a request. The bot ignores older ones.
	AskAge   = time.Minute
	askKept  = time.Hour
	askMost  = 100
	askBytes = 16 << 10 // of a request's body, and of a response
	askPoll  = 250 * time.Millisecond
)

// ErrUnanswered is the error of a request that the bot did not respond to in time.
var ErrUnanswered = errors.New("the bot does not answer: is it running, with the same history?")

// An Ask is a request to the running bot from another program.
type Ask struct {
	// ID is greater than the ID of every earlier request to this bot.
	ID int64
	// Kind is the command, Who the sender, and Body the details as JSON.
	Kind string
	Who  string
	Body json.RawMessage
}

// Ask stores a request for the running bot, with body as JSON, and returns its ID for [DB.Await]. It is an error if
// there were 100 requests within the last hour, or if body is longer than 16 KB.
func (db *DB) Ask(ctx context.Context, kind, who string, body any) (int64, error) {
	details, err := json.Marshal(body)
	if err != nil {
		return 0, fmt.Errorf("write the request to the bot as JSON: %w", err)
	}
	if len(details) > askBytes {
		return 0, fmt.Errorf("the request to the bot has %d bytes: must have at most %d", len(details), askBytes)
	}
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return 0, err
	}
	var ask int64
	err = p.tx(ctx, id, func(tx *sql.Tx) error {
		now := time.Now()
		if _, err := tx.ExecContext(ctx, `delete from autoscalebot_asks where bot = $1 and id < $2`, id, now.Add(-askKept).UnixNano()); err != nil {
			return err
		}
		var n, last int64
		row := tx.QueryRowContext(ctx, `select count(*), coalesce(max(id), 0) from autoscalebot_asks where bot = $1`, id)
		if err := row.Scan(&n, &last); err != nil {
			return err
		}
		if n >= askMost {
			return fmt.Errorf("the bot had %d requests within the last hour, the maximum; try again later", n)
		}
		ask = max(now.UnixNano(), last+1)
		_, err := tx.ExecContext(ctx, `insert into autoscalebot_asks (bot, id, kind, who, body, taken, answered, answer)
			values ($1, $2, $3, $4, $5, 0, 0, '')`, id, ask, text(kind), text(who), string(details))
		return err
	})
	return ask, p.failed("ask the bot", err)
}

// Asked returns the waiting requests, the oldest first, except those older than [AskAge]. It returns each request only
// once, so that a bot that dies before it responds does not carry it out twice.
func (db *DB) Asked(ctx context.Context) ([]Ask, error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return nil, err
	}
	asks, err := p.asked(ctx, id)
	slices.SortFunc(asks, func(a, b Ask) int { return cmp.Compare(a.ID, b.ID) })
	return asks, p.failed("look for requests to the bot", err)
}

func (p *place) asked(ctx context.Context, id int64) (asks []Ask, err error) {
	now := time.Now()
	err = each(ctx, p.db, func(rows *sql.Rows) error {
		var a Ask
		var body string
		err := rows.Scan(&a.ID, &a.Kind, &a.Who, &body)
		a.Body = json.RawMessage(body)
		asks = append(asks, a)
		return err
	}, `update autoscalebot_asks set taken = $2 where bot = $1 and taken = 0 and id > $3
		returning id, kind, who, body`, id, now.UnixNano(), now.Add(-AskAge).UnixNano())
	return asks, err
}

// Answer responds to a request. Only the first response counts.
func (db *DB) Answer(ctx context.Context, ask int64, answer string) error {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return err
	}
	if len(answer) > askBytes {
		answer = answer[:askBytes]
	}
	_, err = p.db.ExecContext(ctx, `update autoscalebot_asks set answered = $3, answer = $4 where bot = $1 and id = $2 and answered = 0`,
		id, ask, time.Now().UnixNano(), text(answer))
	return p.failed("answer a request to the bot", err)
}

// Await waits for the response to a request. The error is [ErrUnanswered] if the request is too old or ctx ends.
func (db *DB) Await(ctx context.Context, ask int64) (string, error) {
	p, id, err := db.number(ctx, db.who)
	if err != nil {
		return "", err
	}
	tick := time.NewTicker(askPoll)
	defer tick.Stop()
	for {
		var answered int64
		var answer string
		err := p.db.QueryRowContext(ctx, `select answered, answer from autoscalebot_asks where bot = $1 and id = $2`, id, ask).
			Scan(&answered, &answer)
		switch {
		case errors.Is(err, sql.ErrNoRows), ctx.Err() != nil:
			return "", ErrUnanswered
		case err != nil:
			return "", p.failed("wait for the bot's answer", err)
		case answered != 0:
			return answer, nil
		case time.Since(time.Unix(0, ask)) > 2*AskAge:
			return "", ErrUnanswered
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ErrUnanswered
		}
	}
}
