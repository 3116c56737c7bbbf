package settings

import (
	"fmt"
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

var counting = []string{"redis", "rediss", "unix", "rabbitmq", "nodes"}

// Hollow says which rules have a bound that no value is beyond, one a line. Those of a manifest are among
// [Settings.Notes].
func (s *Settings) Hollow() (notes []string) {
	if s.src != nil && s.src.file != nil && s.src.file.document == cfautoscaler.Manifest {
		return nil
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		sig, _ := s.Signals.Find(r.Signal)
		if r.Min <= 0 && r.By == "" && (s.BuiltIn(r.Signal) || slices.Contains(counting, sig.Kind)) {
			notes = append(notes, fmt.Sprintf("RULES: %s has min=%g, and no value is below it: while this rule "+
				"stands, nothing is removed", r.Signal, r.Min))
		}
		if r.Max >= 100 && s.percentage(r, sig) {
			notes = append(notes, fmt.Sprintf("RULES: %s has max=%g, and no percentage is above it: this rule can "+
				"never add anything", r.Signal, r.Max))
		}
	}
	return notes
}

func (s *Settings) percentage(r *decide.SignalRule, sig Signal) bool {
	return r.By == "" && (r.Signal == string(cpu.Memory) && s.BuiltIn(r.Signal) || sig.Kind == "nodes")
}
