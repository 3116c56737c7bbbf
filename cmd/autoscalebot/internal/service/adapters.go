package service

import (
	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/console"
	"github.com/autoscalebot/autoscalebot/notify/log"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The keys are the values of PLATFORM. A new platform is one line here.
func platforms() map[string]func(*settings.Settings, Host) (bot.Scaler, error) {
	return map[string]func(*settings.Settings, Host) (bot.Scaler, error){
		"heroku":       openHeroku,
		"cloudfoundry": openCloudFoundry,
		"local":        openLocal,
		"command":      openCommand,
		"pool":         openPool, "autoscaling-group": openAutoscalingGroup,
	}
}

// The keys are the names in NOTIFICATION_BACKENDS. A new notifier is one line here. The name "urls" is missing: it is
// one notifier for each URL, see openURLs.
func backends() map[string]func(*settings.Settings, Host) (notify.Notifier, error) {
	return map[string]func(*settings.Settings, Host) (notify.Notifier, error){
		"console":   func(_ *settings.Settings, h Host) (notify.Notifier, error) { return console.New(h.Stdout), nil },
		"log":       func(_ *settings.Settings, h Host) (notify.Notifier, error) { return log.New(h.Log), nil },
		"email":     openEmail,
		"slack":     openSlack,
		"pagerduty": openPagerDuty,
		"webhook":   openWebhook,
	}
}

// Providers returns the constructors of the providers of servers. The keys are the values of POOL_PROVIDER. A new
// provider is one line here, and one in the settings.
func Providers() map[string]func(*settings.Settings, Host) (pool.Provider, error) {
	return map[string]func(*settings.Settings, Host) (pool.Provider, error){
		"digitalocean": openDroplets,
		"ec2":          openInstances,
		"command":      openScripts,
		"local":        openLocalServers,
	}
}

// The keys are the values of POOL_BALANCER. A new balancer is one line here, and one in the settings. A pool without a
// balancer has a nil one.
func balancers() map[string]func(*settings.Settings, Host, pool.Provider) (pool.Balancer, error) {
	return map[string]func(*settings.Settings, Host, pool.Provider) (pool.Balancer, error){
		"haproxy":      openHAProxy,
		"digitalocean": openDropletBalancer,
		"target-group": openTargetGroup,
		"haproxy-file": openHAProxyFile,
		"local":        openLocalBalancer,
		"none":         func(*settings.Settings, Host, pool.Provider) (pool.Balancer, error) { return nil, nil },
	}
}

// The keys are the kinds of signals in SIGNALS. A new kind is one line here.
func signalKinds() map[string]func(signalSource) (probe.Prober, error) {
	return map[string]func(signalSource) (probe.Prober, error){
		"jobs":       openJobs,
		"json":       openJSON,
		"logcache":   openMetric,
		"nodes":      openNodes,
		"otlp":       openOTLP,
		"postgres":   openPostgres,
		"prometheus": openPrometheus,
		"push":       openPush,
		"rabbitmq":   openRabbitMQ,
		"redis":      openRedis,
		"rediss":     openRedis,
		"unix":       openRedis,
	}
}
