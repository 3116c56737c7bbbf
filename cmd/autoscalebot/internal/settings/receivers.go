package settings

// Takes says whether anything is sent to the bot.
func (s *Settings) Takes() bool { return s.TakesLogDrain() || s.TakesPush() || s.TakesOTLP() }

func (ps *Problems) checkTaking(s *Settings) {
	for _, by := range []struct {
		name  string
		taken bool
		token Secret
		kind  string
	}{
		{"LOGDRAIN_TOKENS", s.LogdrainTokens != "", "", ""},
		{"LOGDRAIN_PASSWORD", s.LogdrainPassword != "", s.LogdrainPassword, ""},
		{"PUSH_TOKEN", s.TakesPush(), s.PushToken, "push"},
		{"OTLP_TOKEN", s.TakesOTLP(), s.OTLPToken, "otlp"},
	} {
		if by.taken && s.DashboardAddr == "" && s.Port == "" {
			ps.add(by.name, "needs an address where it is taken: set PORT, as Heroku does for a web dyno, or "+
				"DASHBOARD_ADDR")
		}
		if t := by.token.Reveal(); t != "" && len(t) < shortestToken {
			ps.add(by.name, "has fewer than %d characters; make one by: openssl rand -hex 16", shortestToken)
		}
		for _, sig := range s.Signals {
			if by.kind != "" && sig.Kind == by.kind && !by.taken && !ps.has("SIGNALS") {
				ps.add(by.name, "is not set; the signal %s is sent to the bot, which needs it, such as one from: "+
					"openssl rand -hex 16", sig.Name)
			}
		}
	}
	if s.TakesLogDrain() && s.TakesOTLP() {
		ps.add("OTLP_TOKEN", "is set beside LOGDRAIN_…, and both tell the same signals; a Cedar app has the log "+
			"drain, a Fir app OpenTelemetry")
	}
	if s.OTLPQuota > 0 && !s.TakesOTLP() {
		ps.add("OTLP_MEMORY_QUOTA_IN_MB", "is set, and OTLP_TOKEN is not; set both, or neither")
	}
}
