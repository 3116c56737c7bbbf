package settings

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// CloudFoundry configures an app on Cloud Foundry. If the bot runs there, the platform sets some of these.
type CloudFoundry struct {
	CFAPIURL        Text   `envconfig:"CF_API_URL" once:"true" desc:"URL of the API, as ''cf api'' shows it; default: that of the installation that the bot runs on."`
	CFOrg           Text   `envconfig:"CF_ORG" once:"true" desc:"The app's org, by name or GUID; not needed if ''CF_SPACE'' or ''CF_APP_NAME'' is a GUID."`
	CFSpace         Text   `envconfig:"CF_SPACE" once:"true" desc:"The app's space, by name or GUID; default: the bot's own."`
	CFAppName       Text   `envconfig:"CF_APP_NAME" once:"true" desc:"The app to scale, by name or GUID; required."`
	CFUsername      Text   `envconfig:"CF_USERNAME" once:"true" desc:"A user with the role space developer, unless you use a client or a refresh token."`
	CFPassword      Secret `envconfig:"CF_PASSWORD" once:"true" desc:"The user's password."`
	CFOrigin        Text   `envconfig:"CF_ORIGIN" once:"true" desc:"The user's identity provider, if there are several."`
	CFClientID      Text   `envconfig:"CF_CLIENT_ID" once:"true" desc:"A UAA client with the grant ''client_credentials''."`
	CFClientSecret  Secret `envconfig:"CF_CLIENT_SECRET" once:"true" desc:"The client's secret."`
	CFRefreshToken  Secret `envconfig:"CF_REFRESH_TOKEN" once:"true" desc:"A refresh token, for users with single sign-on."`
	CFService       Text   `envconfig:"CF_SERVICE" once:"true" default:"autoscalebot" desc:"Name of a bound service that supplies missing settings of this group, such as ''username'' for ''CF_USERNAME''."`
	VCAPApplication Text   `envconfig:"VCAP_APPLICATION" once:"true" desc:"JSON about the bot itself; Cloud Foundry sets it."`
	VCAPServices    Secret `envconfig:"VCAP_SERVICES" once:"true" desc:"JSON about the services bound to the bot; Cloud Foundry sets it."`
}

func (ps *Problems) checkCloudFoundry(s *Settings) {
	ps.takeService(s)
	ps.takeApplication(s)
	ps.need("CF_API_URL", string(s.CFAPIURL), "set the API's URL, which this command prints: cf api")
	if s.CFAPIURL != "" {
		ps.checkAPIURL("CF_API_URL", string(s.CFAPIURL), "the credentials", "https://api.example.com")
	}
	ps.need("CF_APP_NAME", string(s.CFAppName), "set the app to scale. List your apps with: cf apps")
	if !isGUID(s.CFAppName) {
		ps.need("CF_SPACE", string(s.CFSpace), "set the app's space, which this command prints: cf target")
		if !isGUID(s.CFSpace) {
			ps.need("CF_ORG", string(s.CFOrg), "set the app's org, which this command prints: cf target")
		}
	}
	switch {
	case s.CFUsername != "" || s.CFPassword != "":
		ps.need("CF_USERNAME", string(s.CFUsername), "CF_PASSWORD needs it")
		ps.need("CF_PASSWORD", s.CFPassword.Reveal(), "CF_USERNAME needs it")
	case s.CFRefreshToken != "":
	case s.CFClientID != "" || s.CFClientSecret != "":
		ps.need("CF_CLIENT_ID", string(s.CFClientID), "CF_CLIENT_SECRET needs it")
		ps.need("CF_CLIENT_SECRET", s.CFClientSecret.Reveal(), "CF_CLIENT_ID needs it")
	default:
		ps.need("CF_USERNAME", "", "set CF_USERNAME and CF_PASSWORD, or CF_CLIENT_ID and CF_CLIENT_SECRET, or "+
			"CF_REFRESH_TOKEN, or bind a service named "+string(s.CFService))
	}
}

func isGUID(t Text) bool {
	return len(t) == 36 && strings.Count(string(t), "-") == 4 &&
		strings.Trim(string(t), "0123456789abcdefABCDEF-") == ""
}

func (ps *Problems) takeApplication(s *Settings) {
	if s.VCAPApplication == "" {
		return
	}
	var a struct {
		API     string `json:"cf_api"`
		SpaceID string `json:"space_id"`
	}
	if err := json.Unmarshal([]byte(s.VCAPApplication), &a); err != nil {
		ps.add("VCAP_APPLICATION", "is not valid JSON. Cloud Foundry sets it: do not change it, or unset it")
		return
	}
	if s.CFAPIURL == "" {
		s.CFAPIURL = Text(a.API)
	}
	// The bot's own space is the default only if the app is on the same installation and no org is named.
	if s.CFSpace == "" && s.CFOrg == "" && string(s.CFAPIURL) == a.API {
		s.CFSpace = Text(a.SpaceID)
	}
}

// The errors quote no value: all may be secret.
func (ps *Problems) takeService(s *Settings) {
	if s.VCAPServices == "" || s.CFService == "" {
		return
	}
	var services map[string][]struct {
		Name        string         `json:"name"`
		Credentials map[string]any `json:"credentials"`
	}
	if err := json.Unmarshal([]byte(s.VCAPServices.Reveal()), &services); err != nil {
		ps.add("VCAP_SERVICES", "is not valid JSON. Cloud Foundry sets it: do not change it, or unset it")
		return
	}
	into := map[string]func(string){}
	for name, t := range map[string]*Text{
		"api_url": &s.CFAPIURL, "org": &s.CFOrg, "space": &s.CFSpace, "app_name": &s.CFAppName,
		"username": &s.CFUsername, "origin": &s.CFOrigin, "client_id": &s.CFClientID,
	} {
		into[name] = func(v string) { take(t, v) }
	}
	for name, t := range map[string]*Secret{
		"password": &s.CFPassword, "client_secret": &s.CFClientSecret,
		"refresh_token": &s.CFRefreshToken,
	} {
		into[name] = func(v string) { take(t, v) }
	}
	for _, kind := range slices.Sorted(maps.Keys(services)) {
		for _, service := range services[kind] {
			if service.Name != string(s.CFService) {
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(service.Credentials)) {
				value, isText := service.Credentials[key].(string)
				switch set := into[key]; {
				case set == nil:
					ps.add("VCAP_SERVICES",
						"the service %s has an unknown credential %.40q: must be one of %s", s.CFService,
						key, strings.Join(slices.Sorted(maps.Keys(into)), ", "))
				case !isText:
					ps.add("VCAP_SERVICES", "the credential %[2]s of the service %[1]s is not a string", s.CFService,
						key)
				default:
					set(strings.TrimSpace(value))
				}
			}
		}
	}
}

func take[T ~string](t *T, v string) {
	if *t == "" {
		*t = T(v)
	}
}
