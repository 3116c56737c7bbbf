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

// An addresser is a platform that knows the addresses of its servers in rotation, as of its last pass.
type addresser interface {
	Addresses() []string
}

func openFleet(s signalSource) (probe.Prober, error) {
	at, ok := s.platform.(addresser)
	if !ok {
		return nil, errors.New("only PLATFORM=pool knows the addresses of its servers. Name the machines: " +
			"nodes+http://10.0.0.1:9100,10.0.0.2:9100")
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
		Timeout: s.timeout, UserAgent: UserAgent(), Log: s.log,
		Hosts: func(ctx context.Context) ([]string, error) { return addresses(ctx, s.platform, at) },
	})
}

// At the first reading the platform may not have listed its servers yet.
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
		return nil, errors.New("via is only for nodes+pool://. Set HTTP_PROXY instead")
	}
	o := cpu.NodesOptions{Name: s.Name, Signal: cpu.Signal(s.What), Timeout: s.timeout, UserAgent: UserAgent()}
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

func (s signalSource) combined(usualMiss int) (percentile float64, mayMiss int, err error) {
	mayMiss = usualMiss
	if text, ok := s.Options["percentile"]; ok {
		if percentile, err = strconv.ParseFloat(text, 64); err != nil {
			return 0, 0, fmt.Errorf("percentile=%s: must be a number above 0 and up to 100", text)
		}
	}
	if text, ok := s.Options["may_miss"]; ok {
		if mayMiss, err = strconv.Atoi(text); err != nil || mayMiss < 0 {
			return 0, 0, fmt.Errorf("may_miss=%s: must be the number of machines that may have no value", text)
		}
	}
	return percentile, mayMiss, nil
}
