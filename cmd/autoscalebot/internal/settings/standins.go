package settings

import (
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The signal for a metric of App Autoscaler is, in this order: the one of that name, the one of the name in lower case,
// the nearest built-in one, a pushed metric or one of Log Cache. "" if there is no such signal.
func (s *Settings) metric(name string) (signal string, perDyno bool) {
	if slices.Contains(s.knownSignals(), name) {
		return name, false
	}
	if sig, ok := s.Signals.Find(cfautoscaler.SignalName(name)); ok {
		return sig.Name, false
	}
	for _, m := range []struct {
		metric, signal string
		perDyno        bool
	}{
		{"throughput", "requests_per_second", true},
		{"responsetime", "service_p50", false},
		{"memoryutil", "memory_mean", false},
		{"memoryutil", "memory", false},
	} {
		if m.metric == name && s.BuiltIn(m.signal) {
			return m.signal, m.perDyno
		}
	}
	switch {
	case name == "responsetime" && s.HasHeartbeat():
		return probe.HeartbeatSignal, false
	case s.TakesPush():
		s.Signals = append(slices.Clip(s.Signals), Signal{Name: name, Kind: "push", What: name})
		return name, false
	case s.Metered():
		s.Signals = append(slices.Clip(s.Signals), Signal{Name: name, Kind: "logcache", What: name})
		return name, false
	}
	return "", false
}

func (s *Settings) standIn(r *decide.SignalRule) {
	known := s.knownSignals()
	for _, m := range []struct {
		signal, by string
		perDyno    bool
	}{
		{"throughput", "requests_per_second", true},
		{"latency", "service_p50", false},
		{"latency_95", "service_p50", false},
	} {
		if r.Signal == m.signal && !slices.Contains(known, r.Signal) && s.BuiltIn(m.by) {
			s.standIns = append(s.standIns, m.by+" is used instead of "+m.signal+", which needs PLATFORM=cloudfoundry")
			r.Signal, r.PerDyno = m.by, r.PerDyno || m.perDyno
		}
	}
	s.ofThisMachine(r.Signal)
}

func (s *Settings) ofThisMachine(signal string) {
	if s.src == nil || signal != "cpu" && signal != "memory" || s.Platform != "heroku" && s.Platform != "command" ||
		!s.BuiltIn(signal) {
		return
	}
	note := signal + " is measured on the bot's machine: PLATFORM=" + string(s.Platform) + " does not report the app's"
	if !slices.Contains(s.standIns, note) {
		s.standIns = append(s.standIns, note)
	}
}
