package settings

// Push configures metrics that apps push.
type Push struct {
	PushToken Secret `envconfig:"PUSH_TOKEN" once:"true" desc:"Bearer token of apps that push metrics, at least 16 characters."`
}

// TakesPush is true if the bot accepts pushed metrics.
func (s *Settings) TakesPush() bool { return s.PushToken != "" }

// PushedApp is the app whose pushed metrics the bot accepts, "" for any app. guids is true if apps push under GUIDs and
// the setting has the app's name: the bot then cannot distinguish the app from others.
func (s *Settings) PushedApp() (app string, guids bool) {
	if s.Platform == "cloudfoundry" && s.CFAppName != "" {
		return string(s.CFAppName), !isGUID(s.CFAppName)
	}
	return string(s.HerokuAppName), false
}
