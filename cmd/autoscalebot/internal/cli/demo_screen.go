package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
)

// A screen is a recorder that shows the records: as a live view on a terminal, else as lines.
type screen struct {
	out        io.Writer
	wave       demo.Wave
	json, live bool
	// servers returns the servers of the pool; nil without a pool.
	servers func() []demo.Server

	mu    sync.Mutex
	page  string // URL of the web page; empty before it is served
	story demo.Story
	quit  func()
}

const (
	// the alternate screen, without a cursor and without line wrapping
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	// The servers of a pool change between heartbeats.
	redraw = 250 * time.Millisecond
)

func (sc *screen) open(now time.Time) {
	sc.story.Start = now
	sc.quit = func() {}
	if !sc.live {
		return
	}
	fmt.Fprint(sc.out, enterScreen)
	ended, quit := make(chan struct{}), make(chan struct{})
	sc.quit = sync.OnceFunc(func() {
		close(quit)
		<-ended
		fmt.Fprint(sc.out, leaveScreen)
	})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(redraw)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				sc.mu.Lock()
				if sc.servers != nil || len(sc.story.Records) == 0 {
					_ = sc.draw(now) // the next record returns the error
				}
				sc.mu.Unlock()
			case <-quit:
				return
			}
		}
	}()
}

func (sc *screen) start(now time.Time, duration time.Duration, url, page string) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.page, sc.story.Start = page, now
	if duration > 0 {
		sc.story.End = now.Add(duration)
	}
	if sc.live || sc.json {
		return
	}
	behind := ""
	if sc.story.Pool != nil {
		behind = ", its servers behind " + sc.story.Pool.Front
	}
	fmt.Fprintf(sc.out, "the sample app answers at %s%s; watch the bot at %s\n", url, behind, page)
}

func (sc *screen) Record(_ context.Context, r record.Record) error {
	if r.Action == record.Interrupted {
		return nil
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	rate := sc.wave.Rate(r.Time.Sub(sc.story.Start))
	sc.look()
	sc.story.Add(r, rate)
	switch {
	case sc.json:
		return json.NewEncoder(sc.out).Encode(r)
	case sc.live:
		return sc.draw(r.Time)
	}
	_, err := fmt.Fprintln(sc.out, sc.story.Line(r, rate))
	return err
}

// The caller holds the lock.
func (sc *screen) look() {
	if sc.servers != nil {
		sc.story.Pool.Servers = sc.servers()
	}
}

func (sc *screen) tell(e pool.Event) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.story.Pool.Add(e)
	if !sc.live && !sc.json {
		fmt.Fprintln(sc.out, sc.story.EventLine(e))
	}
}

// Each frame overwrites the last one line by line, so the screen does not flicker. The caller holds the lock.
func (sc *screen) draw(now time.Time) error {
	columns, rows := 80, 24
	if f, ok := sc.out.(interface{ Fd() uintptr }); ok {
		if c, r, err := term.GetSize(int(f.Fd())); err == nil {
			columns, rows = c, r
		}
	}
	sc.look()
	frame := sc.story.Frame(sc.page, now, columns, rows)
	_, err := fmt.Fprint(sc.out, "\x1b[H"+strings.ReplaceAll(frame, "\n", "\x1b[K\n")+"\x1b[J")
	return err
}

func (sc *screen) stop() { sc.quit() }

func (sc *screen) finish(o demoOptions, stderr io.Writer) error {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	out := sc.out
	if sc.json {
		out = stderr
	}
	if _, err := fmt.Fprintf(out, "\n%s", sc.story.Sum(time.Now())); err != nil {
		return err
	}
	if o.svg == "" {
		return nil
	}
	return os.WriteFile(o.svg, []byte(sc.story.SVG()), 0o644)
}
