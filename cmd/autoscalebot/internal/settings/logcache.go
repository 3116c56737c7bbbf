package settings

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
)

// Metered says whether the platform keeps metrics of the app, as Cloud Foundry's Log Cache does.
func (s *Settings) Metered() bool { return s.Platform == "cloudfoundry" }

// FromLogCache says whether a signal is read from Log Cache: one of its own that SIGNALS does not name, or a metric of
// the app's.
func (s *Settings) FromLogCache(name string) bool {
	if sig, ok := s.Signals.Find(name); ok {
		return sig.Kind == "logcache"
	}
	return s.Metered() && slices.Contains(logcache.Signals(), logcache.Signal(name))
}

// LogCacheWindow is how far back a signal of Log Cache is read: the window of the rules that judge its mean, where they
// agree on one and divide by nothing else, or else App Autoscaler's.
func (s *Settings) LogCacheWindow(name string) time.Duration {
	window := time.Duration(0)
	for _, r := range s.Rules {
		if r.Signal != name && r.By != name {
			continue
		}
		alone := s.FromLogCache(r.Signal) && (r.By == "" || s.FromLogCache(r.By))
		if !alone || r.Percentile != 0 || r.Window < logcache.ShortestWindow || r.Window > logcache.LongestWindow ||
			window != 0 && window != r.Window {
			return logcache.DefaultWindow
		}
		window = r.Window
	}
	if window == 0 {
		return logcache.DefaultWindow
	}
	return window
}

// readWhole has the rules take each reading that looks back over their window for what the window comes to, instead of
// a mean of means.
func (s *Settings) readWhole() {
	whole := func(name string, r *decide.SignalRule) bool {
		return s.FromLogCache(name) && s.LogCacheWindow(name) == r.Window
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		r.Whole = r.Window > 0 && r.Percentile == 0 && whole(r.Signal, r) && (r.By == "" || whole(r.By, r))
	}
}

// findMetrics decides where the metrics of the app's own come from: they are pushed where PUSH_TOKEN is set, or the
// platform keeps none.
func (ps *Problems) findMetrics(s *Settings) {
	all := slices.Clone(s.Signals)
	for i := range all {
		switch sig := &all[i]; {
		case sig.Kind == "metric" && s.Metered() && !s.TakesPush():
			sig.Kind = "logcache"
		case sig.Kind == "metric":
			sig.Kind = "push"
		case sig.Kind == "logcache" && !s.Metered():
			ps.add("SIGNALS", "%s: PLATFORM=%s has no Log Cache; write push:%s, set PUSH_TOKEN and have the "+
				"app push it", sig.Name, s.Platform, sig.What)
		}
	}
	s.Signals = all
}
