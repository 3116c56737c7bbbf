package settings

import "time"

// Safeguards configures what protects the app from wrong changes.
type Safeguards struct {
	BootTime      Seconds0 `envconfig:"BOOT_TIME_IN_SECONDS" default:"0" desc:"Minimum time after a scale-up during which slow heartbeats do not count."`
	DeployGrace   Seconds0 `envconfig:"DEPLOY_GRACE_IN_SECONDS" default:"300" desc:"Minimum age of the newest release before a scale-down, on platforms that report releases."`
	HelpAfter     Number   `envconfig:"STOP_AFTER_UPS_WITHOUT_HELP" default:"3" desc:"Ineffective scale-ups in a row after which the bot adds no more dynos; 0 = never stop."`
	ManualHold    Minutes  `envconfig:"MANUAL_HOLD_IN_MINUTES" default:"10" desc:"How long the bot leaves a manual change alone, if it is within the limits."`
	Compatibility Word     `envconfig:"COMPATIBILITY" desc:"''2.1'' switches off the three safeguards that autoscalebot 2.1 did not have, unless you set them."`
}

// Grace is the minimum age of the newest release before a scale-down. If it is negative, the bot ignores releases, even
// one that is in progress.
func (s *Settings) Grace() time.Duration {
	if s.switchedOff("DEPLOY_GRACE_IN_SECONDS") {
		return -1
	}
	return time.Duration(s.DeployGrace)
}

// OverrideLength is the length of an override without a duration: MANUAL_HOLD_IN_MINUTES, or its default if
// COMPATIBILITY has switched that off.
func (s *Settings) OverrideLength() time.Duration {
	if s.switchedOff("MANUAL_HOLD_IN_MINUTES") {
		return time.Duration(Defaults().ManualHold)
	}
	return time.Duration(s.ManualHold)
}
