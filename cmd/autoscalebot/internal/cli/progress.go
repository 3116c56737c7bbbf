package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// A progress line is shown only on a terminal; end clears it. Elsewhere tell is nil.
func progress(w io.Writer, what string) (tell func(share float64), end func()) {
	if !service.IsTerminal(w) {
		return nil, func() {}
	}
	p := &progressLine{line: liveLine{w: w}, what: what, begin: time.Now(), shown: -1}
	p.tell(0)
	return p.tell, p.clear
}

type progressLine struct {
	what  string
	begin time.Time

	mu    sync.Mutex
	line  liveLine
	shown int // per cent
	at    time.Time
	ended bool
}

// The time left changes with each per cent, and otherwise once a second.
const redrawProgress = time.Second

// Several goroutines may call it. A share below the last one is ignored.
func (p *progressLine) tell(share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, at := int(100*min(1, share)), time.Now()
	if p.ended || now < p.shown || now == p.shown && at.Sub(p.at) < redrawProgress {
		return
	}
	p.shown, p.at = now, at
	line := fmt.Sprintf("%s: %d %%", p.what, now)
	if left := timeLeft(share, at.Sub(p.begin)); left != "" {
		line += ", " + left
	}
	p.line.draw(line)
}

func (p *progressLine) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	p.line.clear()
}

// The first moments say nothing about the rest.
const leastWork, leastShare = 2 * time.Second, 0.01

// The result is such as "about 3 min left"; "" if it is not known yet.
func timeLeft(share float64, took time.Duration) string {
	if took < leastWork || share < leastShare || share >= 1 {
		return ""
	}
	left := time.Duration(float64(took) * (1 - share) / share)
	switch {
	case left < time.Minute:
		return fmt.Sprintf("about %d s left", int(math.Ceil(left.Seconds())))
	case left < time.Hour:
		return fmt.Sprintf("about %d min left", int(math.Ceil(left.Minutes())))
	}
	return fmt.Sprintf("about %.1f h left", left.Hours())
}

// A reader that reports its place in a file of the given size.
type progressReader struct {
	io.Reader
	size, read int64
	tell       func(share float64)
}

func (r *progressReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	r.tell(float64(r.read) / float64(r.size))
	return n, err
}

// The progress of reading a regular file; of anything else, whose size is unknown, none is shown.
func watched(w io.Writer, what string, in io.Reader) (r io.Reader, end func()) {
	f, ok := in.(*os.File)
	if !ok {
		return in, func() {}
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return f, func() {}
	}
	tell, end := progress(w, what)
	if tell == nil {
		return f, end
	}
	return &progressReader{Reader: f, size: info.Size(), tell: tell}, end
}

// The share of a period that is read, by the times of what is read, which come in order. What comes first is the
// beginning: the history may begin after the period.
func through(tell func(share float64), to time.Time) func(at time.Time) {
	var first time.Time
	return func(at time.Time) {
		if tell == nil {
			return
		}
		if first.IsZero() {
			first = at
		}
		if whole := to.Sub(first); whole > 0 {
			tell(float64(at.Sub(first)) / float64(whole))
		}
	}
}

func runAll(cmd *cobra.Command, o sim.Options, drivers []sim.Driver, what string) ([]sim.Result, error) {
	tell, end := progress(cmd.ErrOrStderr(), what)
	defer end()
	results, err := experiment.Run(cmd.Context(), o, drivers, tell)
	return results, interrupted(cmd.Context(), err)
}

func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted, so there is no report")
	}
	return err
}
