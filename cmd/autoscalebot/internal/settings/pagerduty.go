package settings

// PagerDuty configures notices by PagerDuty.
type PagerDuty struct {
	PagerDutyRoutingKey Secret `envconfig:"PAGERDUTY_ROUTING_KEY" once:"true" desc:"PagerDuty: integration key of an “Events API v2” integration."`
	PagerDutyURL        Text   `envconfig:"PAGERDUTY_URL" once:"true" default:"https://events.pagerduty.com/v2/enqueue" desc:"PagerDuty: URL for events; in the EU ''https://events.eu.pagerduty.com/v2/enqueue''."`
}

func (ps *Problems) checkPagerDuty(s *Settings) {
	ps.need("PAGERDUTY_ROUTING_KEY", s.PagerDutyRoutingKey.Reveal(),
		"NOTIFICATION_BACKENDS=pagerduty needs it: the integration key of an “Events API v2” integration")
}
