package cli

import (
	"bytes"
	"cmp"
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
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// A screen shows the bots' records: as a live view on a terminal, else as lines.
type screen struct {
	out        io.Writer
	json, live bool
	// look is for a terminal: ASCII and Plain. The size is read for each frame.
	look demo.Screen
	// columns is where lines on a terminal that cannot show a live view are broken; 0 elsewhere.
	columns int
	// servers returns the servers of the pool; nil without a pool.
	servers func() []demo.Server

	mu   sync.Mutex
	run  demo.Run
	quit func()
}

const (
	// the alternate screen, without a cursor and without line wrapping
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	// Requests are counted, and the servers of a pool change, between heartbeats.
	redraw = 250 * time.Millisecond
)

func newDemoScreen(o demoOptions, out io.Writer) *screen {
	sc := &screen{out: out, json: o.json, run: demo.Run{Load: demoWave}, quit: func() {}}
	if o.pool {
		sc.run.Load = poolWave
	}
	if !service.IsTerminal(out) || o.json {
		return sc
	}
	sc.look.Plain = os.Getenv("NO_COLOR") != ""
	switch cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")) {
	case "C", "POSIX":
		sc.look.ASCII = true
	}
	// A dumb terminal cannot move its cursor.
	if sc.live = os.Getenv("TERM") != "dumb"; !sc.live {
		sc.look.Plain = true
		sc.columns = sc.size().Columns
	}
	return sc
}

func (sc *screen) size() demo.Screen {
	look := sc.look
	look.Columns, look.Rows = 80, 24
	if f, ok := sc.out.(interface{ Fd() uintptr }); ok {
		if c, r, err := term.GetSize(int(f.Fd())); err == nil && c > 0 && r > 0 {
			look.Columns, look.Rows = c, r
		}
	}
	return look
}

// The recorder records the story.
func (sc *screen) add(s *demo.Story) record.Recorder {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.run.Stories = append(sc.run.Stories, s)
	return storyRecorder{sc, s}
}

func (sc *screen) open(now time.Time) {
	sc.mu.Lock()
	sc.run.Begin(now, 0)
	sc.mu.Unlock()
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
		for now := time.Now(); ; {
			sc.mu.Lock()
			_ = sc.draw(now) // the next record returns the error
			sc.mu.Unlock()
			select {
			case now = <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
}

// at is the URL of the dashboard of the first bot.
func (sc *screen) start(now time.Time, duration time.Duration, at string) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.run.Begin(now, duration)
	for i, s := range sc.run.Stories {
		if s.Page = at + "/"; i > 0 {
			s.Page += "processes/" + s.Policy + "/"
		}
		if sc.live || sc.json {
			continue
		}
		policy, behind := "", ""
		if s.Pool != nil {
			behind = ", its servers behind " + s.Pool.Front
		} else if len(sc.run.Stories) > 1 {
			policy = s.Policy + ": "
		}
		line := fmt.Sprintf("%sthe sample app answers at %s%s; watch the bot at %s", policy, s.URL, behind, s.Page)
		_ = sc.print(line) // the next record returns the error
	}
}

// A storyRecorder records one story.
type storyRecorder struct {
	sc    *screen
	story *demo.Story
}

func (sr storyRecorder) Record(_ context.Context, r record.Record) error {
	if r.Action == record.Interrupted {
		return nil
	}
	sc, s := sr.sc, sr.story
	sc.mu.Lock()
	defer sc.mu.Unlock()
	rate := sc.run.Load.Rate(max(0, r.Time.Sub(s.Start)))
	sc.refresh()
	s.Add(r, rate)
	switch {
	case sc.json:
		return sc.encode(s, r)
	case sc.live:
		return sc.draw(r.Time)
	}
	return sc.print(s.Line(r, rate))
}

// The policy comes before the record's own fields.
func (sc *screen) encode(s *demo.Story, r record.Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	policy, err := json.Marshal(s.Policy)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(sc.out, "{\"policy\":%s,%s\n", policy, bytes.TrimPrefix(text, []byte("{")))
	return err
}

func (sc *screen) print(text string) error {
	if sc.columns > 0 {
		var lines []string
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, sc.look.Wrap(line, sc.columns, 2)...)
		}
		text = strings.Join(lines, "\n")
	}
	_, err := fmt.Fprintln(sc.out, text)
	return err
}

// The caller holds the lock.
func (sc *screen) refresh() {
	if sc.servers != nil {
		for _, s := range sc.run.Stories {
			s.Pool.Servers = sc.servers()
		}
	}
}

func (sc *screen) tell(s *demo.Story, e pool.Event) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	s.Pool.Add(e)
	if !sc.live && !sc.json {
		_ = sc.print(s.EventLine(e)) // the next record returns the error
	}
}

// Each frame overwrites the last one line by line, so the screen does not flicker. The caller holds the lock.
func (sc *screen) draw(now time.Time) error {
	sc.refresh()
	size := sc.size()
	_, err := fmt.Fprint(sc.out, size.Redraw(sc.run.Frame(size, now, false)))
	return err
}

func (sc *screen) stop() { sc.quit() }

func (sc *screen) finish(o demoOptions, stderr io.Writer) error {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	now := time.Now()
	var err error
	switch {
	case sc.live:
		_, err = fmt.Fprint(sc.out, sc.run.Last(sc.size(), now))
	case sc.json:
		_, err = fmt.Fprintf(stderr, "\n%s", sc.run.Text(now))
	default:
		err = sc.print("\n" + strings.TrimSuffix(sc.run.Text(now), "\n"))
	}
	if err != nil || o.svg == "" {
		return err
	}
	return os.WriteFile(o.svg, []byte(sc.run.SVG(now)), 0o644)
}
