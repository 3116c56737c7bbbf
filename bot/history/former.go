package history

import (
	"context"

	"github.com/autoscalebot/autoscalebot/bot"
)

// It says what is known of the memory of an earlier run of the bot.
type former struct {
	// Nothing may take the place of what is unread.
	unread bool
	known  string
	// tell is called with what can only be read later. What nobody waits for yet is in waits.
	tell  func(bot.Memory)
	waits *bot.Memory
}

// What was read may be from what stands in for the place.
func (f *former) read(body string, err error, standIn bool) {
	if err != nil {
		f.unread = true
		return
	}
	f.known = body
	f.unread = f.unread && standIn
}

// RecallTo has tell called, once, with what an earlier run of the bot remembered if that could not be read when the DB
// was opened, or by [DB.Memory], and can be now. What tell has the bot Remember takes its place.
func (db *DB) RecallTo(tell func(bot.Memory)) {
	db.mu.Lock()
	db.former.tell = tell
	waits := db.former.waits
	db.former.waits = nil
	db.mu.Unlock()
	if waits != nil {
		tell(*waits)
	}
}

func (db *DB) recallFrom(ctx context.Context, p *place) error {
	db.mu.Lock()
	f := db.former
	db.mu.Unlock()
	if !f.unread {
		return nil
	}
	body, err := p.memory(ctx, db.who)
	if err != nil {
		return err
	}
	m, wrong := bot.Memory{}, error(nil)
	if body != "" {
		m, wrong = parseMemory(body)
	}
	db.mu.Lock()
	db.former.unread = false
	tell := db.former.tell
	news := body != "" && body != f.known && wrong == nil
	if news && tell == nil {
		db.former.waits = &m
	}
	db.mu.Unlock()
	switch {
	case wrong != nil:
		db.log.Warn("what the bot remembered before its start is lost", "error", wrong)
	case news && tell != nil:
		tell(m)
	}
	return nil
}
