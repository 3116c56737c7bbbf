package dashboard

import (
	"strings"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Server is a server of a pool: its name, its stage, such as "serving", and a short description.
type Server struct{ Name, Stage, Text string }

type serverMark struct {
	Name, Note string
	Stage      mark
}

const maxText = 300 // characters; part of it may be a provider's text

// The result is never nil.
func serverMarks(all []Server) []serverMark {
	out := []serverMark{}
	for _, s := range all {
		m := serverMark{
			Name: notify.OneLine(s.Name, 100), Stage: mark{notify.OneLine(s.Stage, 30), calm},
			Note: strings.TrimPrefix(notify.OneLine(s.Text, maxText), s.Stage),
		}
		m.Note = strings.TrimLeft(m.Note, ",; ")
		switch s.Stage {
		case "serving":
			m.Stage.Tone = good
		case "down", "failed":
			m.Stage.Tone = alert
		case "off", "ending", "draining", "drained":
			m.Stage.Tone = quiet
		}
		out = append(out, m)
	}
	return out
}
