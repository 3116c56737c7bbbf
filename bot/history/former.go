package history

import (
	"context"

	"github.com/autoscalebot/autoscalebot/bot"
)

// The memory of an earlier run of the bot.
type former struct {
	unread bool // the place may contain a memory, which must not be overwritten
	known  string
	tell   func(bot.Memory) // gets a memory that is read later
	waits  *bot.Memory      // a memory that was read before tell was set
}

// standIn means that the memory was read from the stand-in, not from the place.
func (f *former) read(body string, err error, standIn bool) {
	if err != nil {
		f.unread = true
		return
	}
	f.known = body
	f.unread = f.unread && standIn
}

// RecallTo sets the function that gets the memory of an earlier run of the bot, if Open and [DB.Memory] could not read
// it and it becomes readable. tell is called at most once, and may call [DB.Remember].
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
		db.log.Warn("the bot's memory of its last run is lost", "error", wrong)
	case news && tell != nil:
		tell(m)
	}
	return nil
}
