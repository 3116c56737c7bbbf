package settings

// Webhook configures notices as JSON.
type Webhook struct {
	WebhookURL    Secret `envconfig:"WEBHOOK_URL" once:"true" desc:"Webhook: URL to which the bot posts each event as JSON."`
	WebhookSecret Secret `envconfig:"WEBHOOK_SECRET" once:"true" desc:"Webhook: secret that signs each post by the Standard Webhooks scheme."`
}

func (ps *Problems) checkWebhook(s *Settings) {
	ps.need("WEBHOOK_URL", s.WebhookURL.Reveal(), "NOTIFICATION_BACKENDS=webhook needs it")
}
