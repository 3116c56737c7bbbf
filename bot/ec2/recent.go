package ec2

import (
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// settling is how long EC2's reads may lag behind its own changes. AWS says only that it is "eventually consistent";
// seconds are usual, and its own tools give it a few minutes.
const settling = 3 * time.Minute

// recent remembers for a while what was made and ended, since EC2's reads may not know of it yet. Nothing that matters
// stands here: a program that starts anew finds out by itself, a little later.
type recent struct {
	mu    sync.Mutex
	made  map[string]memory // by the server's ID; an entry goes once a read has shown it
	ended map[string]memory
}

type memory struct {
	server pool.Server
	at     time.Time
}

func (r *recent) make(s pool.Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = remember(r.made, s)
}

func (r *recent) end(s pool.Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.made, s.ID)
	r.ended = remember(r.ended, s)
}

// isNew gives a server that was made a short time ago, and that no read has shown yet.
func (r *recent) isNew(id string) (pool.Server, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.made[id]
	return m.server, ok && time.Since(m.at) < settling
}

func (r *recent) correct(s pool.Server) pool.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.made, s.ID)
	if m, ok := r.ended[s.ID]; ok && time.Since(m.at) < settling {
		s.State, s.Note = pool.Ending, shuttingDown
	}
	return s
}

func (r *recent) unseen() []pool.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []pool.Server
	for _, m := range r.made {
		if time.Since(m.at) < settling {
			list = append(list, m.server)
		}
	}
	return list
}

func remember(in map[string]memory, s pool.Server) map[string]memory {
	out := map[string]memory{s.ID: {s, time.Now()}}
	for id, m := range in {
		if time.Since(m.at) < settling && id != s.ID {
			out[id] = m
		}
	}
	return out
}
