package settings

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
)

// Metered is true if the platform keeps metrics of the app, as Cloud Foundry does in Log Cache.
func (s *Settings) Metered() bool { return s.Platform == "cloudfoundry" }

// FromLogCache is true if a signal is read from Log Cache: a built-in one that SIGNALS does not name, or a metric of
// the app.
func (s *Settings) FromLogCache(name string) bool {
	if sig, ok := s.Signals.Find(name); ok {
		return sig.Kind == "logcache"
	}
	return s.Metered() && slices.Contains(logcache.Signals(), logcache.Signal(name))
}

// LogCacheWindow is the time for which a signal is read from Log Cache: the window of the rules that judge its mean, if
// they have the same window and divide by signals of Log Cache only, otherwise App Autoscaler's window.
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

// A reading of Log Cache is a mean over its window already. If that is the rule's window, the rule judges it as it is,
// instead of taking a mean of means.
func (s *Settings) readWhole() {
	whole := func(name string, r *decide.SignalRule) bool {
		return s.FromLogCache(name) && s.LogCacheWindow(name) == r.Window
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		r.Whole = r.Window > 0 && r.Percentile == 0 && whole(r.Signal, r) && (r.By == "" || whole(r.By, r))
	}
}

// Metrics of the app are pushed if PUSH_TOKEN is set, or if the platform keeps no metrics.
func (ps *Problems) findMetrics(s *Settings) {
	all := slices.Clone(s.Signals)
	for i := range all {
		switch sig := &all[i]; {
		case sig.Kind == "metric" && s.Metered() && !s.TakesPush():
			sig.Kind = "logcache"
		case sig.Kind == "metric":
			sig.Kind = "push"
		case sig.Kind == "logcache" && !s.Metered():
			ps.add("SIGNALS", "%s: PLATFORM=%s has no Log Cache. Write push:%s, set PUSH_TOKEN, and let the "+
				"app push it", sig.Name, s.Platform, sig.What)
		}
	}
	s.Signals = all
}
