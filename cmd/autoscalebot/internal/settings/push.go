package settings

// Push are the settings of metrics that apps push.
type Push struct {
	PushToken Secret `envconfig:"PUSH_TOKEN" once:"true" desc:"Bearer token of apps that push metrics, at least 16 characters."`
}

// TakesPush says whether apps push metrics.
func (s *Settings) TakesPush() bool { return s.PushToken != "" }

// PushedApp is the app whose metrics are taken, "" for any where no setting names it. guids says that those of Cloud
// Foundry's apps are pushed by a GUID, which cannot be told from another app's where the app is known by its name.
func (s *Settings) PushedApp() (app string, guids bool) {
	if s.Platform == "cloudfoundry" && s.CFAppName != "" {
		return string(s.CFAppName), !isGUID(s.CFAppName)
	}
	return string(s.HerokuAppName), false
}
