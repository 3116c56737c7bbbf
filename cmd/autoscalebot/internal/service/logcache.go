package service

import (
	"context"
	"errors"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
)

// A logCacheSource is a platform that lends its token to what reads the app's metrics; refused is one that was lent
// before, and was not taken.
type logCacheSource interface {
	Access(ctx context.Context, refused string) (cloudfoundry.Access, error)
}

func openLogCache(s *settings.Settings, name string, platform bot.Scaler) (*logcache.Cache, error) {
	p, ok := platform.(logCacheSource)
	if !ok {
		return nil, errors.New("the platform could not be opened, and its metrics neither")
	}
	return logcache.New(logcache.Options{
		Access: func(ctx context.Context, refused string) (logcache.Access, error) {
			a, err := p.Access(ctx, refused)
			return logcache.Access{URL: a.LogCache, Source: a.App, Token: a.Token}, err
		},
		ProcessType: string(s.HerokuProcessType), Window: s.LogCacheWindow(name), Timeout: s.Timeout(),
		UserAgent: UserAgent,
	})
}

func openMetric(s signalSource) (probe.Prober, error) {
	c, err := openLogCache(s.settings, s.Name, s.platform)
	if err != nil {
		return nil, err
	}
	p, err := c.Metric(s.Name, s.What)
	return inUnit(p, s.Options["unit"]), err
}
