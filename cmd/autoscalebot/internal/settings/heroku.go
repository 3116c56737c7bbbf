package settings

import (
	"regexp"
)

// Heroku are the settings of an app on Heroku. Other platforms take its name and its process type from here, too.
type Heroku struct {
	HerokuAppName     Text   `envconfig:"HEROKU_APP_NAME" once:"true" desc:"The app to scale; required on Heroku, elsewhere only its name in notices."`
	HerokuAPIKey      Secret `envconfig:"HEROKU_API_KEY" once:"true" desc:"The API key; required on Heroku, printed by ''heroku authorizations:create''."`
	HerokuProcessType Text   `envconfig:"HEROKU_PROCESS_TYPE" default:"web" desc:"The process type to scale."`
	HerokuAPIURL      Text   `envconfig:"HEROKU_API_URL" once:"true" default:"https://api.heroku.com" desc:"URL of Heroku's Platform API; plain http is allowed only on a loopback address."`
}

var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (ps *Problems) checkHeroku(s *Settings) {
	ps.need("HEROKU_APP_NAME", string(s.HerokuAppName), "the app to scale, such as dancing-forest-1234")
	ps.need("HEROKU_API_KEY", s.HerokuAPIKey.Reveal(),
		"get one by: heroku authorizations:create --description autoscalebot")
	if s.HerokuAppName != "" && !appName.MatchString(string(s.HerokuAppName)) {
		ps.add("HEROKU_APP_NAME", "%q: write the app's name as in the first column of: heroku apps", s.HerokuAppName)
	}
	if unprintable(s.HerokuAPIKey.Reveal()) {
		ps.add("HEROKU_API_KEY", "has a space or a character that no key has; copy it once more")
	}
	ps.checkAPIURL("HEROKU_API_URL", string(s.HerokuAPIURL), "the API key", "https://api.heroku.com")
}
