package service

import (
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

type partSet map[settings.Part]bool

func partsOf(changes []settings.Change) partSet {
	set := partSet{}
	for _, c := range changes {
		for _, p := range c.Parts() {
			set[p] = true
		}
	}
	return set
}

// An exchange is what a service will use after a reload.
type exchange struct {
	settings *settings.Settings
	parts    Parts
	former   probe.Prober // the heartbeat that parts no longer has; nil if it stays
	// stays has the targets that keep their queues, by their place in parts.Targets.
	stays []bool
}

// Opens the parts that the changes concern, and takes the others from the running service. Nothing is in force yet. The
// error is a [settings.Problems] that lists all failures.
func (v *Service) prepare(s *settings.Settings, changes []settings.Change, h Host, in *Receivers) (exchange, error) {
	_, parts := v.inForce()
	x, set := exchange{settings: s, parts: parts}, partsOf(changes)
	var problems settings.Problems
	var err error
	// A client with an app of its own holds no state, and commands must not get the file's new secrets.
	if set[settings.PlatformClient] && !s.HasPool() && s.Platform != "local" || s.Platform == "command" {
		set[settings.PlatformClient] = true
		x.parts.Platform, err = platforms()[string(s.Platform)](s, h)
		problems.Note("PLATFORM "+string(s.Platform), err)
	} else {
		set[settings.PlatformClient] = false
	}
	client := set[settings.PlatformClient]
	if client || set[settings.HeartbeatProber] {
		x.former, x.parts.Heartbeat = x.parts.Heartbeat, nil
		if s.HasHeartbeat() {
			x.parts.Heartbeat, err = OpenHeartbeat(s, x.parts.Platform)
			problems.Note("HEARTBEAT_…", err)
		}
	}
	if client || set[settings.SignalProbers] {
		x.parts.Signals, err = openSignals(s, in, x.parts.Platform, h.Log)
		problems.Note("SIGNALS", err)
	}
	if client || set[settings.ControlProber] {
		x.parts.Control, err = control(s)
		problems.Note("CONTROL_URL", err)
	}
	if set[settings.Notifiers] {
		x.parts.Targets = openTargets(s, h, &problems)
		x.stays = stays(parts.Targets, x.parts.Targets, changes)
	}
	if len(problems) > 0 {
		return exchange{}, problems
	}
	return x, nil
}

// A target stays if it was there before, and none of its own settings has changed.
func stays(before, after []notify.Target, changes []settings.Change) []bool {
	out := make([]bool, len(after))
	left := slices.Clone(before)
	for i, t := range after {
		at := slices.IndexFunc(left, func(l notify.Target) bool { return l.Name == t.Name })
		if at < 0 || slices.ContainsFunc(changes, func(c settings.Change) bool { return concerns(c.Name, t.Name) }) {
			continue
		}
		out[i] = true
		left = slices.Delete(left, at, at+1)
	}
	return out
}

// The settings of a target begin with its name. Only those of email and of the URLs do not.
func concerns(setting, target string) bool {
	switch target {
	case "console", "log":
		return false
	case "email":
		return strings.HasPrefix(setting, "EMAIL_") || strings.HasPrefix(setting, "SMTP_")
	case "slack", "pagerduty", "webhook":
		return strings.HasPrefix(setting, strings.ToUpper(target)+"_")
	}
	return setting == "NOTIFY_URLS"
}

// Puts the exchange in force. The bot takes its part of it before the next tick; done is closed then.
func (v *Service) exchange(x exchange) (done <-chan struct{}) {
	s := x.settings
	o := v.optionsOf(s, x.parts)
	v.mu.Lock()
	v.settings, v.parts = s, x.parts
	v.mu.Unlock()
	if x.stays != nil {
		targets := v.kept.targets(v.metrics.Targets(x.parts.Targets))
		for i := range targets {
			if i >= len(x.stays) || x.stays[i] { // the history always stays
				targets[i].Notifier = nil
			}
		}
		_ = v.fanout.Exchange(targets...) // only a bot that ends has closed it
	}
	if p, ok := x.parts.Platform.(serverPool); ok {
		p.live.settings.Store(s)
	}
	v.log.use(o.Recorders...)
	v.metrics.Exchange(o.Interval, o.DryRun)
	if v.others != nil {
		v.others.use(o.Interval)
	}
	if v.host.level != nil {
		v.host.level.Set(levelOf(s))
	}
	done = v.Bot.Exchange(o)
	v.exchangePage(s, x.parts)
	return done
}

func (v *Service) exchangePage(s *settings.Settings, p Parts) {
	page := v.page.Load()
	if page == nil {
		return
	}
	next, err := page.With(v.pageOptions(s, p, v.optionsOf(s, p).Policy))
	if err != nil {
		v.host.Log.Warn("the web page shows the former settings", "error", err)
		return
	}
	v.page.Store(next)
}
