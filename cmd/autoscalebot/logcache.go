package main

import (
	"context"
	"errors"
	"slices"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
)

// A lender is a platform that lends its token to what reads the app's metrics; refused is one that was lent before, and was not taken.
type lender interface {
	Access(ctx context.Context, refused string) (cloudfoundry.Access, error)
}

// fromLogCache says whether a signal that SIGNALS does not name is read from Log Cache.
func fromLogCache(s *settings.Settings, name string) bool {
	return s.Metered() && slices.Contains(logcache.Signals(), logcache.Signal(name))
}

// openLogCache opens a signal of the app that the platform scales.
func openLogCache(s *settings.Settings, name string, platform bot.Scaler) (probe.Prober, error) {
	p, ok := platform.(lender)
	if !ok {
		return nil, errors.New("the platform could not be opened, and its metrics neither")
	}
	c, err := logcache.New(logcache.Options{
		Access: func(ctx context.Context, refused string) (logcache.Access, error) {
			a, err := p.Access(ctx, refused)
			return logcache.Access{URL: a.LogCache, Source: a.App, Token: a.Token}, err
		},
		ProcessType: string(s.HerokuProcessType), Timeout: s.Timeout(), UserAgent: userAgent,
	})
	if err != nil {
		return nil, err
	}
	return c.Prober(logcache.Signal(name))
}
