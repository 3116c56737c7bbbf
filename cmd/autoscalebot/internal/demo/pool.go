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

// A Pool is what a story tells of a pool of servers.
type Pool struct {
	// Front is what the servers are behind, for people: "HAProxy 2.6.12".
	Front string `json:"front"`
	// Made and Destroyed are how many servers were.
	Made      int `json:"made"`
	Destroyed int `json:"destroyed"`
	// Max is how many servers there may be.
	Max int `json:"max"`
	// Servers are those that there are, the oldest first.
	Servers []Server `json:"-"`
	there   []int    // how many there were at each record
}

// A Server is one of a pool, as it is at a moment.
type Server struct {
	pool.ServerStatus
	// CPU is how busy it is in per cent, where Measured says that this is known.
	CPU      float64
	Measured bool
}

// Add takes in what became of a server.
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
	return fmt.Sprintf("  servers         %d were made, %d destroyed, behind %s\n", p.Made, p.Destroyed, p.Front)
}

// EventLine writes what became of a server as one line, for a pipe.
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

func cpuLine(r record.Record, columns int) string {
	verdict, bounds := decide.NoData, "" // before the second reading
	for _, j := range r.Decision.Signals {
		if j.Rule == string(cpu.CPU) && j.Max != nil && j.Min != nil {
			verdict, bounds = j.Verdict, fmt.Sprintf("(more servers above %g %%, fewer below %g %%)", *j.Max, *j.Min)
		}
	}
	if verdict == decide.NoData {
		return fmt.Sprintf("cpu        –   %s%s%s\n", faint, cut(bounds, columns-15), reset)
	}
	return fmt.Sprintf("cpu        %s%s%s, %s   %s%s%s\n", colour(verdict), cpuReading(r), reset, verdict, faint,
		cut(bounds, columns-30), reset)
}

const barWidth = 10

// table leaves lines for servers that there may yet be, so that nothing moves.
func (p *Pool) table(columns int) string {
	var b strings.Builder
	for _, s := range p.Servers {
		mark, paint := s.mark()
		line := fmt.Sprintf("%-8s %s %s", s.Name, mark, s.Text)
		if s.serves() {
			line = fmt.Sprintf("%-8s %s %-9s %s", s.Name, mark, s.Text, s.load())
		}
		fmt.Fprintf(&b, "%s%s%s\n", paint, cut(line, columns), reset)
	}
	b.WriteString(strings.Repeat("\n", max(0, p.Max-len(p.Servers))))
	return b.String()
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
