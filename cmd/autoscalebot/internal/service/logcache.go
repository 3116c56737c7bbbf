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

// A logCacheSource is a platform that shares its access token with the readers of the app's metrics. refused is a token
// that the server did not accept.
type logCacheSource interface {
	Access(ctx context.Context, refused string) (cloudfoundry.Access, error)
}

func openLogCache(s *settings.Settings, name string, platform bot.Scaler) (*logcache.Cache, error) {
	p, ok := platform.(logCacheSource)
	if !ok {
		return nil, errors.New("the metrics need the platform, which could not be opened")
	}
	return logcache.New(logcache.Options{
		Access: func(ctx context.Context, refused string) (logcache.Access, error) {
			a, err := p.Access(ctx, refused)
			return logcache.Access{URL: a.LogCache, Source: a.App, Token: a.Token}, err
		},
		ProcessType: string(s.HerokuProcessType), Window: s.LogCacheWindow(name), Timeout: s.Timeout(),
		UserAgent: UserAgent(),
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
