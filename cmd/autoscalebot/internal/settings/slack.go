package settings

// Slack configures notices by Slack.
type Slack struct {
	SlackWebhookURL Secret `envconfig:"SLACK_WEBHOOK_URL" once:"true" desc:"Slack: URL of an incoming webhook, if you do not use a bot."`
	SlackBotToken   Secret `envconfig:"SLACK_BOT_TOKEN" once:"true" desc:"Slack: token of a bot (''xoxb-…'') with the scope ''chat:write'', and ''files:write'' for pictures."`
	SlackChannel    Text   `envconfig:"SLACK_CHANNEL" once:"true" desc:"Slack: the channel that the bot posts to."`
	SlackAPIURL     Text   `envconfig:"SLACK_API_URL" once:"true" default:"https://slack.com/api/" desc:"Slack: URL of the API, for GovSlack or a proxy."`
}

func (ps *Problems) checkSlack(s *Settings) {
	if s.SlackWebhookURL == "" && s.SlackBotToken == "" {
		ps.add("SLACK_WEBHOOK_URL", "is not set; NOTIFICATION_BACKENDS=slack needs it, or SLACK_BOT_TOKEN and "+
			"SLACK_CHANNEL")
	}
	if s.SlackBotToken != "" && s.SlackWebhookURL == "" {
		ps.need("SLACK_CHANNEL", string(s.SlackChannel), "SLACK_BOT_TOKEN needs a channel, such as #ops")
	}
}
