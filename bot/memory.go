package bot

import (
	"encoding/json"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/internal/format"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Format is the form of records and memories as JSON, under "format".
const Format = format.Current

// A Memory is all that the bot goes on from after a restart: a plain value that survives as JSON. The zero Memory is
// that of a bot that never ran.
type Memory struct {
	State    decide.State    `json:"state"`
	Notified notice.Notified `json:"notified"`
	// Beside are the open incidents that others than the ticks look for.
	Beside notify.Incidents `json:"beside,omitempty"`
	// Undelivered are the events of the last minutes that may not have reached everybody yet.
	Undelivered notice.Queue `json:"undelivered,omitempty"`
}

// remember keeps the bot's memory before anything that must not happen twice: before the platform is asked for a
// change, so that a bot that dies then knows afterwards that it asked, and before people are told of events, so that
// nothing is decided twice of which they are told; what may not have reached them is kept with it.
func (b *Bot) remember(now time.Time, events ...notify.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory.State, b.memory.Notified = b.state, b.reporter.Notified()
	b.undelivered(now, events...)
	if b.former != nil { // which the next tick takes in
		b.memory = b.memory.recalled(moment(), *b.former, b.platform.DynoPrice())
	}
	b.memory.State.Control = b.control
	b.keep()
}

// State returns what the policy remembered last. It may be called while the bot runs, and what it shares with the bot
// is never changed in place.
func (b *Bot) State() decide.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memory.State
}

// keep hands the memory on. b.mu is held.
func (b *Bot) keep() {
	if b.o.Remember == nil {
		return
	}
	if err := b.o.Remember(b.memory); err != nil {
		b.o.Log.Warn("the bot's memory was not saved, so a restart would continue from an older one", "error", err)
	}
}

// MarshalJSON writes the memory with its format.
func (m Memory) MarshalJSON() ([]byte, error) {
	type plain Memory
	return json.Marshal(struct {
		Format int `json:"format"`
		plain
	}{format.Current, plain(m)})
}

// UnmarshalJSON reads a memory of any format that is known.
func (m *Memory) UnmarshalJSON(text []byte) error {
	type plain Memory
	text, err := format.Memory(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, (*plain)(m))
}
