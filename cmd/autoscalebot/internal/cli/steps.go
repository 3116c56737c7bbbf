package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// Steps shows the step in progress on one line of a terminal, with the time that it has taken. Elsewhere each report is
// a line with its time of day.
type steps struct {
	w        io.Writer
	terminal bool

	mu     sync.Mutex
	line   liveLine
	text   string // of the step, "" between steps
	detail string
	begin  time.Time
	ticker *time.Ticker
	ended  chan struct{}
}

func newSteps(w io.Writer) *steps {
	s := &steps{w: w, terminal: service.IsTerminal(w), line: liveLine{w: w}, ended: make(chan struct{})}
	if s.terminal {
		s.ticker = time.NewTicker(time.Second)
		go s.tick()
	}
	return s
}

func (s *steps) tick() {
	for {
		select {
		case <-s.ticker.C:
			s.mu.Lock()
			s.draw()
			s.mu.Unlock()
		case <-s.ended:
			return
		}
	}
}

// A text that begins with spaces is a detail of the step.
func (s *steps) report(text string) {
	if !s.terminal {
		fmt.Fprintf(s.w, "%s %s\n", time.Now().Format(time.TimeOnly), text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if detail := strings.TrimLeft(text, " "); detail != text {
		s.detail = detail
	} else {
		s.text, s.detail, s.begin = text, "", time.Now()
	}
	s.draw()
}

func (s *steps) draw() {
	if s.text == "" {
		return
	}
	line := s.text
	if took := time.Since(s.begin); took >= time.Second {
		line += ", " + words.Length(took)
	}
	if s.detail != "" {
		line += " (" + s.detail + ")"
	}
	s.line.draw(line)
}

// Write prints the output of a step, such as a script's, and leaves the terminal to it until the next step.
func (s *steps) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line.clear()
	s.text = ""
	return s.w.Write(p)
}

func (s *steps) end() {
	if !s.terminal {
		return
	}
	s.ticker.Stop()
	close(s.ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line.clear()
	s.text = ""
}
