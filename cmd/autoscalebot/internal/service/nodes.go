package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// An addresser is a platform that knows where each of its servers in rotation is reached, as of when it last looked.
type addresser interface {
	Addresses() []string
}

// openFleet opens a signal of each server of the pool.
func openFleet(s signalSource) (probe.Prober, error) {
	at, ok := s.platform.(addresser)
	if !ok {
		return nil, errors.New("the platform tells no addresses of its dynos, as PLATFORM=pool does; name the " +
			"machines: nodes+http://10.0.0.1:9100,10.0.0.2:9100")
	}
	percentile, mayMiss, err := s.combined(cpu.MostMayMiss)
	if err != nil {
		return nil, err
	}
	url, secure := strings.CutPrefix(s.URL, "pools:")
	scheme := "https:"
	if !secure {
		url, scheme = strings.TrimPrefix(url, "pool:"), "http:"
	}
	return cpu.NewFleet(cpu.FleetOptions{
		Name: s.Name, Signal: cpu.Signal(s.What), URL: scheme + url, Percentile: percentile, MayMiss: mayMiss,
		Via:     s.Options["via"],
		Timeout: s.timeout, UserAgent: UserAgent, Log: s.log,
		Hosts: func(ctx context.Context) ([]string, error) { return addresses(ctx, s.platform, at) },
	})
}

// addresses are those of the servers in rotation. Where none is known the platform is asked for its servers first, as
// nobody may have done so yet.
func addresses(ctx context.Context, platform bot.Scaler, at addresser) ([]string, error) {
	if all := at.Addresses(); len(all) > 0 {
		return all, nil
	}
	if _, _, err := platform.Size(ctx); err != nil {
		return nil, err
	}
	return at.Addresses(), nil
}

func openNodes(s signalSource) (probe.Prober, error) {
	if s.Pooled() {
		return openFleet(s)
	}
	if s.Options["via"] != "" {
		return nil, errors.New("via is for nodes+pool:// alone; elsewhere set HTTP_PROXY")
	}
	o := cpu.NodesOptions{Name: s.Name, Signal: cpu.Signal(s.What), Timeout: s.timeout, UserAgent: UserAgent}
	for i, u := range settings.Split(s.URL) {
		if i > 0 && !strings.Contains(u, "://") {
			u = "http://" + u
		}
		o.URLs = append(o.URLs, u)
	}
	var err error
	if o.Percentile, o.MayMiss, err = s.combined(0); err != nil {
		return nil, err
	}
	return cpu.NewNodes(o)
}

// combined says how the values of several machines are made one, and how many may be missing.
func (s signalSource) combined(usualMiss int) (percentile float64, mayMiss int, err error) {
	mayMiss = usualMiss
	if text, ok := s.Options["percentile"]; ok {
		if percentile, err = strconv.ParseFloat(text, 64); err != nil {
			return 0, 0, fmt.Errorf("percentile=%s: write a number above 0 and up to 100", text)
		}
	}
	if text, ok := s.Options["may_miss"]; ok {
		if mayMiss, err = strconv.Atoi(text); err != nil || mayMiss < 0 {
			return 0, 0, fmt.Errorf("may_miss=%s: write how many machines may give no value", text)
		}
	}
	return percentile, mayMiss, nil
}
