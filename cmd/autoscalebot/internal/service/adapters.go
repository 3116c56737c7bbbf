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

// platforms are the platforms by the name that PLATFORM gives them. A new one is one line here.
func platforms() map[string]func(*settings.Settings, Host) (bot.Scaler, error) {
	return map[string]func(*settings.Settings, Host) (bot.Scaler, error){
		"heroku":       openHeroku,
		"cloudfoundry": openCloudFoundry,
		"local":        openLocal,
		"command":      openCommand,
		"pool":         openPool, "autoscaling-group": openAutoscalingGroup,
	}
}

// backends are the notifiers by the name that NOTIFICATION_BACKENDS gives them. A new one is one line here. Beside them
// there is "urls", which stands for as many notifiers as there are URLs.
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

// Providers are who makes servers, by the name that POOL_PROVIDER gives them. A new one is one line here, and one in
// the settings.
func Providers() map[string]func(*settings.Settings, Host) (pool.Provider, error) {
	return map[string]func(*settings.Settings, Host) (pool.Provider, error){
		"digitalocean": openDroplets,
		"ec2":          openInstances,
		"command":      openScripts,
		"local":        openLocalServers,
	}
}

// balancers are what gives servers their requests, by the name that POOL_BALANCER gives them. A new one is one line
// here, and one in the settings. Nil is none.
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

// signalKinds open the signals that SIGNALS names, by their kind. A new one is one line here.
func signalKinds() map[string]func(signalSource) (probe.Prober, error) {
	return map[string]func(signalSource) (probe.Prober, error){
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
