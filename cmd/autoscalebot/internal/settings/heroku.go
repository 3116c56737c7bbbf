package settings

import (
	"regexp"
)

// Heroku configures an app on Heroku. Other platforms use its name and its process type too.
type Heroku struct {
	HerokuAppName     Text   `envconfig:"HEROKU_APP_NAME" once:"true" desc:"The app to scale, required on Heroku; elsewhere a name for notices, by default the working directory's."`
	HerokuAPIKey      Secret `envconfig:"HEROKU_API_KEY" once:"true" desc:"API key, required on Heroku; create one with ''heroku authorizations:create''."`
	HerokuProcessType Text   `envconfig:"HEROKU_PROCESS_TYPE" default:"web" desc:"The process type to scale."`
	HerokuAPIURL      Text   `envconfig:"HEROKU_API_URL" once:"true" default:"https://api.heroku.com" desc:"URL of Heroku's Platform API; plain http is allowed only on a loopback address."`
}

// CreateHerokuKey is the command that creates an API key with the scopes that are enough.
const CreateHerokuKey = "heroku authorizations:create --description autoscalebot --scope identity,write"

var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (ps *Problems) checkHeroku(s *Settings) {
	ps.need("HEROKU_APP_NAME", string(s.HerokuAppName), "set the app to scale, such as dancing-forest-1234")
	ps.need("HEROKU_API_KEY", s.HerokuAPIKey.Reveal(), "create one with: "+CreateHerokuKey)
	if s.HerokuAppName != "" && !appName.MatchString(string(s.HerokuAppName)) {
		ps.add("HEROKU_APP_NAME", "%q: must be an app's name, as listed by: heroku apps", s.HerokuAppName)
	}
	if unprintable(s.HerokuAPIKey.Reveal()) {
		ps.add("HEROKU_API_KEY", "contains a space or another invalid character. Copy the key again")
	}
	ps.checkAPIURL("HEROKU_API_URL", string(s.HerokuAPIURL), "the API key", "https://api.heroku.com")
}
