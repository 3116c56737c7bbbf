package service

import (
	"cmp"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Options returns the bot's options for the settings and the opened parts.
func Options(s *settings.Settings, p Parts, notifier notify.Notifier, h Host) bot.Options {
	return bot.Options{
		App: s.App(), ProcessType: string(s.HerokuProcessType),
		Interval: time.Duration(s.HeartbeatInterval), Jitter: float64(s.HeartbeatJitter),
		HeartbeatsPerMinute: int(s.HeartbeatsMost),
		Probers:             p.probers(), Control: p.Control, Schedule: s.Table, Scaler: p.Platform,
		DryRun: bool(s.DryRun),
		Policy: decide.Policy{
			Adaptive: cmp.Or(p.Model, loadModel(s)), Rules: s.Rules, DecideEvery: time.Duration(s.DecisionInterval),
			Breaches: s.ScalingRules,
			HeartbeatRule: decide.HeartbeatRule{
				MaxResponseMS: float64(s.MaxResponseTime), MinResponseMS: float64(s.MinResponseTime),
				Fails: s.Fails.Quorum, Passes: s.Passes.Quorum, FailOn: s.HeartbeatFailOn.Outcomes,
			},
			Up: s.Up(), Down: s.Down(),
			Safeguards: decide.Safeguards{
				CooldownUp: time.Duration(s.CooldownUp), CooldownDown: time.Duration(s.CooldownDown),
				BootTime: time.Duration(s.BootTime), DeployGrace: s.Grace(),
				Stabilization: time.Duration(s.Stabilization), ManualHold: time.Duration(s.ManualHold),
				IneffectiveAfter: int(s.HelpAfter), PauseUp: s.Paused.Up, PauseDown: s.Paused.Down,
			},
			Sizing: decide.Sizing{Sizes: s.Ladder(), Ladder: decide.Ladder(s.ScaleOrder)},
			Budget: float64(s.Budget), Price: float64(s.DynoPrice), ZeroIsOurs: s.Table.HasZero(),
		},
		OverrideLength: s.OverrideLength(),
		Notices: notice.Notices{
			ExceedMax: bool(s.NotifyExceedMax), BelowMin: bool(s.NotifyBelowMin), ScaleFails: bool(s.NotifyScaleFails),
			EveryScale: bool(s.NotifyEveryScale), EveryPing: bool(s.NotifyEveryPing),
			ScaleDiff: int(s.NotifyScaleDiff), ScaleDiffPeriod: time.Duration(s.NotifyScalePeriod),
			Reminder: time.Duration(s.NotifyReminder), Paused: s.Paused.Up || s.Paused.Down,
		},
		Notifier: notifier, Recorders: []record.Recorder{record.LogTo(h.Log, time.Duration(s.LogSummary))}, Log: h.Log,
	}
}

// Nil for POLICY=count.
func loadModel(s *settings.Settings) *adaptive.Model {
	if s.Policy != "adaptive" {
		return nil
	}
	a, err := Model(s)
	if err != nil {
		panic(err) // the settings are valid
	}
	return a
}

// UsualPrice is the assumed price of a dyno in dollars a month if none is known: that of Heroku's Standard-1X
// (https://www.heroku.com/pricing).
const UsualPrice = 25

// Heroku bills by the second up to the monthly price, which is that of 720 hours
// (https://devcenter.heroku.com/articles/usage-and-billing).
const hoursAMonth = 720

// Model returns the adaptive policy with the settings' aim: a word, or the price of a slow minute. It
// fails if MAX_RESPONSE_TIME_IN_MS or the aim is invalid.
func Model(s *settings.Settings) (*adaptive.Model, error) {
	bound := float64(s.MaxResponseTime)
	slowMinute, ok := s.SlowMinute()
	if !ok {
		return adaptive.New(adaptive.Aim(s.Aim), bound)
	}
	dyno := float64(s.DynoPrice)
	if dyno == 0 {
		dyno = UsualPrice
	}
	return adaptive.NewPriced(slowMinute/dyno*hoursAMonth, bound)
}
