package settings

// Takes is true if the bot accepts a log drain, pushed metrics or OpenTelemetry metrics.
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
			ps.add(by.name, "needs an address to receive at. Set DASHBOARD_ADDR, or PORT, which Heroku sets for web "+
				"dynos")
		}
		if t := by.token.Reveal(); t != "" && len(t) < shortestToken {
			ps.add(by.name, "must have at least %d characters. Create one with: openssl rand -hex 16", shortestToken)
		}
		for _, sig := range s.Signals {
			if by.kind != "" && sig.Kind == by.kind && !by.taken && !ps.has("SIGNALS") {
				ps.add(by.name, "is not set; the signal %s needs it. Create one with: "+
					"openssl rand -hex 16", sig.Name)
			}
		}
	}
	if s.TakesLogDrain() && s.TakesOTLP() {
		ps.add("OTLP_TOKEN", "must not be set together with LOGDRAIN_TOKENS or LOGDRAIN_PASSWORD: both give the same "+
			"signals. Use the log drain for a Cedar app, OpenTelemetry for a Fir app")
	}
	if s.OTLPQuota > 0 && !s.TakesOTLP() {
		ps.add("OTLP_MEMORY_QUOTA_IN_MB", "needs OTLP_TOKEN. Set both, or neither")
	}
}
