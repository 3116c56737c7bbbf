package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot"
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
		return nil, errors.New("the platform tells no addresses of its dynos, as PLATFORM=pool does; name the machines: nodes+http://10.0.0.1:9100,10.0.0.2:9100")
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
		Name: s.Name, Signal: cpu.Signal(s.What), URL: scheme + url, Percentile: percentile, MayMiss: mayMiss, Via: s.Options["via"],
		Timeout: s.timeout, UserAgent: userAgent, Log: s.log,
		Hosts: func(ctx context.Context) ([]string, error) { return addresses(ctx, s.platform, at) },
	})
}

// addresses are those of the servers in rotation. Where none is known the platform is asked for its servers first, as nobody may have done
// so yet.
func addresses(ctx context.Context, platform bot.Scaler, at addresser) ([]string, error) {
	if all := at.Addresses(); len(all) > 0 {
		return all, nil
	}
	if _, _, err := platform.Size(ctx); err != nil {
		return nil, err
	}
	return at.Addresses(), nil
}
