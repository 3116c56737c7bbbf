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

// A screen is a Recorder that shows the records: a live view on a terminal, else a line each.
type screen struct {
	out        io.Writer
	wave       demo.Wave
	json, live bool
	// servers tells the servers of a pool as they are; nil where dynos are scaled.
	servers func() []demo.Server

	mu    sync.Mutex
	page  string // where the web page is; empty before there is one
	story demo.Story
	quit  func()
}

const (
	// the alternate screen, without a cursor, where long lines do not go on in the next
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	// redraw is the time between two frames of a pool, whose servers do not wait for heartbeats.
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
					_ = sc.draw(now) // the next record tells
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

// look notes which servers there are. The caller holds the lock.
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

// draw draws the view over the one before, line by line, so that nothing flickers. The caller holds the lock.
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

// finish prints the summary, beside the records where those are JSON, and writes the picture.
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
