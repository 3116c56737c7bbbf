package settings

// URLs configures notices by other services.
type URLs struct {
	NotifyURLs Secret `envconfig:"NOTIFY_URLS" list:" " once:"true" desc:"URLs of other services, separated by spaces: ''discord://token@id ntfy://ntfy.sh/topic''."`
}

func (ps *Problems) checkURLs(s *Settings) {
	ps.need("NOTIFY_URLS", s.NotifyURLs.Reveal(),
		"NOTIFICATION_BACKENDS=urls needs it, such as ntfy://ntfy.sh/my-topic")
}
