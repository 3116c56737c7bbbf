package settings

// PagerDuty are the settings of notices by PagerDuty.
type PagerDuty struct {
	PagerDutyRoutingKey Secret `envconfig:"PAGERDUTY_ROUTING_KEY" once:"true" desc:"PagerDuty: the integration key of a service's integration “Events API v2”."`
	PagerDutyURL        Text   `envconfig:"PAGERDUTY_URL" once:"true" default:"https://events.pagerduty.com/v2/enqueue" desc:"PagerDuty: where events are posted; ''https://events.eu.pagerduty.com/v2/enqueue'' for accounts in the EU."`
}

func (ps *Problems) checkPagerDuty(s *Settings) {
	ps.need("PAGERDUTY_ROUTING_KEY", s.PagerDutyRoutingKey.Reveal(),
		"the backend pagerduty needs it: the integration key of an integration “Events API v2”")
}
