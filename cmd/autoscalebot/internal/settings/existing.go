package settings

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

// Its rules have the semantics of the open-source App Autoscaler.
const scalingRules = "scaling_rules"

func (f *file) existing(root *document.Node, format cfautoscaler.Format, now time.Time) {
	f.document = format
	p, err := cfautoscaler.Read(root, format, now)
	if err != nil {
		f.mistakes(err)
		return
	}
	line := func(keys ...string) int {
		for _, key := range keys {
			if n := root.Get(key); n != nil {
				return n.Line
			}
		}
		return 0
	}
	give := func(name, text string, line int) {
		expanded, names, wrong := expand(text)
		f.top.values[name] = given{text: expanded, written: text, at: f.at(line), names: names, wrong: wrong}
	}
	low, high := p.Tables()
	give("MIN_DYNOS", low, line("instance_limits", "instance_min_count"))
	give("MAX_DYNOS", high, line("instance_limits", "instance_max_count"))
	if p.Calendar.Zone != nil {
		give("TIME_ZONE", p.Calendar.Zone.String(), line("schedules"))
	}
	if len(p.Rules) > 0 {
		give("RULES", p.RulesText(), line("rules"))
		give("HEARTBEAT_URL", "none", line("rules"))
	}
	if p.Every > 0 {
		give("HEARTBEAT_INTERVAL_IN_SECONDS", strconv.FormatFloat(p.Every.Seconds(), 'g', -1, 64), line("rules"))
	}
	if len(p.Sources) > 0 {
		give("SIGNALS", p.SignalsText(), line("rules"))
	}
	f.top.breaches, f.notes = p.Breaches, p.Notes
}

func (f *file) mistakes(err error) {
	var mistakes document.Mistakes
	errors.As(err, &mistakes)
	for _, m := range mistakes {
		f.problems = append(f.problems, Problem{At: f.at(m.Line), What: m.What})
	}
}

func (src *source) breaches() []decide.BreachRule {
	switch {
	case src == nil:
		return nil
	case src.own != nil && src.own.breaches != nil:
		return src.own.breaches
	}
	return src.file.top.breaches
}

// Notes returns what differs from the document of another autoscaler that AUTOSCALE_FILE names, and which signals
// replace others.
func (s *Settings) Notes() []string {
	if s.src == nil {
		return s.standIns
	}
	return append(slices.Clip(s.src.file.notes), s.standIns...)
}
