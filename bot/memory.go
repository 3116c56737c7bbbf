package bot

import (
	"encoding/json"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/internal/format"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Format is the format of records and memories in JSON, under "format".
const Format = format.Current

// A Memory is what a bot continues from after a restart. It survives as JSON. The zero Memory is that of a new bot.
type Memory struct {
	State    decide.State    `json:"state"`
	Notified notice.Notified `json:"notified"`
	// Beside are the open incidents of [Bot.Incident].
	Beside notify.Incidents `json:"beside,omitempty"`
	// Undelivered are the recent events that may not have reached every target.
	Undelivered notice.Queue `json:"undelivered,omitempty"`
}

// The memory is saved before anything that must not happen twice. A bot that dies while the platform changes something
// then knows that it asked. A bot that dies while events are sent sends the undelivered ones, and decides nothing twice
// that it reported.
func (b *Bot) remember(now time.Time, events ...notify.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory.State, b.memory.Notified = b.state, b.reporter.Notified()
	b.undelivered(now, events...)
	if b.former != nil { // the next tick merges it into the state
		b.memory = b.memory.recalled(moment(), *b.former, b.platform.DynoPrice())
	}
	b.memory.State.Control = b.control
	b.keep()
}

// State returns the policy's last state. It may be called while the bot runs. The bot does not change what it shares
// with the result.
func (b *Bot) State() decide.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memory.State
}

// b.mu must be held.
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

// UnmarshalJSON reads a memory of any known format.
func (m *Memory) UnmarshalJSON(text []byte) error {
	type plain Memory
	text, err := format.Memory(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, (*plain)(m))
}
