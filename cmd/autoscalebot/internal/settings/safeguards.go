package settings

import "time"

// Safeguards are the settings of what keeps the bot from changing too much.
type Safeguards struct {
	BootTime      Seconds0 `envconfig:"BOOT_TIME_IN_SECONDS" default:"0" desc:"How long slow answers do not count after dynos were added, at the least."`
	DeployGrace   Seconds0 `envconfig:"DEPLOY_GRACE_IN_SECONDS" default:"300" desc:"How old the newest release must be before dynos are removed, where the platform tells of releases."`
	HelpAfter     Number   `envconfig:"STOP_AFTER_UPS_WITHOUT_HELP" default:"3" desc:"How many times in a row dynos are added that do not make the heartbeat a tenth faster, before no more are, as a database or a slow route is [to blame](docs/settings.md#limits); 0 = never stop."`
	ManualHold    Minutes  `envconfig:"MANUAL_HOLD_IN_MINUTES" default:"10" desc:"How long a number of dynos that somebody else has set is left alone, inside the limits."`
	Compatibility Word     `envconfig:"COMPATIBILITY" desc:"''2.1'' switches off what autoscalebot 2.1 did not know and the defaults have on: ''DEPLOY_GRACE_IN_SECONDS'', ''STOP_AFTER_UPS_WITHOUT_HELP'' and ''MANUAL_HOLD_IN_MINUTES'', unless they are set."`
}

// Grace is how old the newest release must be before dynos are removed; below 0 releases do not matter, even one that
// is under way.
func (s *Settings) Grace() time.Duration {
	if s.switchedOff("DEPLOY_GRACE_IN_SECONDS") {
		return -1
	}
	return time.Duration(s.DeployGrace)
}

// OverrideLength is how long a number of dynos holds that somebody asks for without a length: as long as one set by
// hand is left alone, by the setting or, where COMPATIBILITY has switched that off, by its default.
func (s *Settings) OverrideLength() time.Duration {
	if s.switchedOff("MANUAL_HOLD_IN_MINUTES") {
		return time.Duration(Defaults().ManualHold)
	}
	return time.Duration(s.ManualHold)
}
