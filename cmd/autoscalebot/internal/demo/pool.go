package demo

import (
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// A Pool is the part of a story about a pool of servers.
type Pool struct {
	// Front is the name of the balancer, such as "HAProxy 2.6.12".
	Front string `json:"front"`
	// Made and Destroyed count servers.
	Made      int `json:"made"`
	Destroyed int `json:"destroyed"`
	// Max is the maximum number of servers.
	Max int `json:"max"`
	// Servers are the existing servers, the oldest first.
	Servers []Server `json:"-"`
	there   []int    // the number of servers at each record
}

// A Server is the state of one of a pool's servers.
type Server struct {
	pool.ServerStatus
	// CPU is the CPU use in percent, valid if Measured is set.
	CPU      float64
	Measured bool
}

// Add counts an event.
func (p *Pool) Add(e pool.Event) {
	switch e.Kind {
	case pool.Created:
		p.Made++
	case pool.Destroyed:
		p.Destroyed++
	case pool.Joined, pool.Broken, pool.Blocked, pool.Cleared:
	}
}

func (p *Pool) sum() string {
	return fmt.Sprintf("  servers         %d created, %d destroyed, behind %s\n", p.Made, p.Destroyed, p.Front)
}

// EventLine returns an event as one line.
func (s *Story) EventLine(e pool.Event) string {
	return fmt.Sprintf("%5s    %s", s.clock(e.Time), e.Text)
}

func cpuReading(r record.Record) string {
	for _, in := range r.Readings {
		if in.Signal == string(cpu.CPU) && in.Outcome == probe.Answered {
			return fmt.Sprintf("%.0f %%", in.Value)
		}
	}
	return "–"
}

func cpuLine(sc Screen, r record.Record, columns int) string {
	verdict, bounds := decide.NoData, "" // until the second reading
	for _, j := range r.Decision.Signals {
		if j.Rule == string(cpu.CPU) && j.Max != nil && j.Min != nil {
			verdict, bounds = j.Verdict, fmt.Sprintf("(more servers above %g %%, fewer below %g %%)", *j.Max, *j.Min)
		}
	}
	text := fmt.Sprintf("%-*s%s%s%s, %s", nameWidth, "cpu", color(verdict), cpuReading(r), reset, verdict)
	if verdict == decide.NoData {
		text = fmt.Sprintf("%-*s–", nameWidth, "cpu")
	}
	return sc.first(columns, text+"   "+faint+bounds+reset, text)
}

const barWidth = 10

// Empty lines stand in for servers that may still come, so the lines below do not move.
func (p *Pool) table(sc Screen, columns int) []string {
	var lines []string
	for _, s := range p.Servers {
		mark, paint := s.mark()
		line := fmt.Sprintf("%-8s %s %s", s.Name, mark, sc.words(s.Text))
		if s.serves() {
			line = fmt.Sprintf("%-8s %s %-9s %s", s.Name, mark, s.Text, s.load())
		}
		if visible(line) > columns {
			line = sc.shorten(line, columns)
		}
		lines = append(lines, paint+line+reset)
	}
	for len(lines) < p.Max {
		lines = append(lines, "")
	}
	return lines
}

func (s Server) serves() bool { return s.Stage == "serving" && s.Text == "serving" }

func (s Server) load() string {
	text := strings.Repeat(" ", barWidth) + "     "
	if s.Measured {
		full := int(s.CPU/100*barWidth + 0.5)
		text = fmt.Sprintf("%s%s %3.0f %%", strings.Repeat("▮", full), strings.Repeat("▯", barWidth-full), s.CPU)
	}
	switch {
	case s.Requests == 1:
		text += "    1 request"
	case s.Requests >= 0:
		text += fmt.Sprintf("  %3d requests", s.Requests)
	}
	return text
}

func (s Server) mark() (mark, paint string) {
	switch s.Stage {
	case "down", "off", "failed":
		return "✗", red
	}
	switch {
	case s.Leaving:
		return "◌", blue
	case s.serves():
		return "●", green
	case s.Stage == "serving":
		return "✗", red
	case s.Stage == "ordered" || s.Stage == "making":
		return "○", yellow
	}
	return "◐", yellow
}
