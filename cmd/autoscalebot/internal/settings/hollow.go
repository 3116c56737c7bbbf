package settings

import (
	"fmt"
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

var counting = []string{"redis", "rediss", "unix", "jobs", "rabbitmq", "nodes"}

// Hollow returns a line for each rule with a threshold that no value can cross. For a manifest, [Settings.Notes] has
// them.
func (s *Settings) Hollow() (notes []string) {
	if s.src != nil && s.src.file != nil && s.src.file.document == cfautoscaler.Manifest {
		return nil
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		sig, _ := s.Signals.Find(r.Signal)
		if r.Min <= 0 && r.By == "" && (s.BuiltIn(r.Signal) || slices.Contains(counting, sig.Kind)) {
			notes = append(notes, fmt.Sprintf("RULES: %s has min=%g, and no value can be below it: this rule "+
				"prevents all scale-downs", r.Signal, r.Min))
		}
		if r.Max >= 100 && s.percentage(r, sig) {
			notes = append(notes, fmt.Sprintf("RULES: %s has max=%g, and no percentage can be above it: this rule "+
				"never leads to a scale-up", r.Signal, r.Max))
		}
	}
	return notes
}

func (s *Settings) percentage(r *decide.SignalRule, sig Signal) bool {
	return r.By == "" && (r.Signal == string(cpu.Memory) && s.BuiltIn(r.Signal) || sig.Kind == "nodes")
}
