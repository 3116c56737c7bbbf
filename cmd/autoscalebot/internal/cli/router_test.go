package cli

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

// The adaptive policy and the log drain use the same names and units for the router's metrics.
func TestTheLogDrainHasWhatTheAdaptivePolicyGoesBy(t *testing.T) {
	drain, err := logdrain.New(logdrain.Options{Password: "a password of 16 bytes"})
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range adaptive.RouterSignals() {
		p, err := drain.Prober(logdrain.Signal(signal))
		if err != nil {
			t.Errorf("signal %s: %v", signal, err)
			continue
		}
		unit, known := probe.SignalUnit(signal)
		if r := p.Probe(t.Context()); r.Signal != signal || !known || r.Unit != unit || r.Outcome != probe.Unreachable {
			t.Errorf("a drain that has seen nothing reads %+v", r)
		}
	}
}
