package ec2

import (
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// EC2's reads may lag this long behind its changes. AWS only says "eventually consistent". Seconds are usual, and AWS's
// own tools allow a few minutes.
const settling = 3 * time.Minute

// Recently created and ended servers, which EC2's reads may not show correctly yet. Nothing is lost if a restart
// forgets them: the reads catch up a little later.
type recent struct {
	mu    sync.Mutex
	made  map[string]memory // by server ID; removed once a read has shown the server
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

// A server created recently that no read has shown yet.
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
