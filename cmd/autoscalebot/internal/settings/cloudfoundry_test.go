package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

const (
	vcapApplication = `VCAP_APPLICATION={"cf_api":"https://api.example.com","space_id":"0b1c2d3e-cafe-4abc-8def-0123456789ab","application_name":"autoscalebot"}`
	vcapServices    = `VCAP_SERVICES={"p-mysql":[{"name":"db","credentials":{"port":3306}}],"user-provided":[{"name":"autoscalebot","credentials":{"username":"bot","password":"` + secret + `","app_name":"shop"}}]}`
)

func TestCloudFoundry(t *testing.T) {
	for _, c := range []struct {
		name string
		env  []string
		want string // the API, org, space, app and user, or what is wrong
	}{
		{
			"all by hand",
			[]string{"CF_API_URL=https://api.cf.io", "CF_ORG=acme", "CF_SPACE=prod", "CF_APP_NAME=shop", "CF_USERNAME=me", "CF_PASSWORD=" + secret},
			"https://api.cf.io acme prod shop me",
		},
		{
			"as an app with a service",
			[]string{vcapApplication, vcapServices},
			"https://api.example.com  0b1c2d3e-cafe-4abc-8def-0123456789ab shop bot",
		},
		{
			"what is set beats the service, and its org and space the bot's own",
			[]string{vcapApplication, vcapServices, "CF_ORG=acme", "CF_SPACE=prod", "CF_APP_NAME=other"},
			"https://api.example.com acme prod other bot",
		},
		{
			"another installation has other spaces",
			[]string{vcapApplication, vcapServices, "CF_API_URL=https://api.cf.io"},
			"2 settings are wrong:\n  CF_SPACE: is not set; set the app's space, which this command prints: cf target\n  CF_ORG: is not set; set the app's org, which this command prints: cf target",
		},
		{
			"an app's GUID, and a client",
			[]string{"CF_API_URL=https://api.cf.io", "CF_APP_NAME=0b1c2d3e-cafe-4abc-8def-0123456789ab", "CF_CLIENT_ID=c", "CF_CLIENT_SECRET=" + secret},
			"https://api.cf.io   0b1c2d3e-cafe-4abc-8def-0123456789ab ",
		},
		{
			"nothing", nil, "5 settings are wrong:\n  CF_API_URL: is not set; set the API's URL, which this command prints: cf api\n" +
				"  CF_APP_NAME: is not set; set the app to scale. List your apps with: cf apps\n  CF_SPACE: is not set; set the app's space, which this command prints: cf target\n" +
				"  CF_ORG: is not set; set the app's org, which this command prints: cf target\n" +
				"  CF_USERNAME: is not set; set CF_USERNAME and CF_PASSWORD, or CF_CLIENT_ID and CF_CLIENT_SECRET, or CF_REFRESH_TOKEN, or bind a service named autoscalebot",
		},
		{
			"a user alone",
			[]string{"CF_API_URL=http://api.cf.io", "CF_APP_NAME=0b1c2d3e-cafe-4abc-8def-0123456789ab", "CF_USERNAME=me"},
			"2 settings are wrong:\n  CF_API_URL: \"http://api.cf.io\" would send the credentials unencrypted: must be https://…, or http://… on a loopback address\n  CF_PASSWORD: is not set; CF_USERNAME needs it",
		},
		{
			"a service with a misspelt credential",
			[]string{vcapApplication, strings.Replace(vcapServices, "username", "user", 1)},
			"2 settings are wrong:\n  VCAP_SERVICES: the service autoscalebot has an unknown credential \"user\": must be one of api_url, app_name, client_id, client_secret, org, origin, password, refresh_token, space, username\n  CF_USERNAME: is not set; CF_PASSWORD needs it",
		},
		{
			"no JSON",
			[]string{"VCAP_APPLICATION={" + secret, "VCAP_SERVICES=[" + secret, "CF_API_URL=https://api.cf.io", "CF_APP_NAME=0b1c2d3e-cafe-4abc-8def-0123456789ab", "CF_REFRESH_TOKEN=x"},
			"2 settings are wrong:\n  VCAP_SERVICES: is not valid JSON. Cloud Foundry sets it: do not change it, or unset it\n  VCAP_APPLICATION: is not valid JSON. Cloud Foundry sets it: do not change it, or unset it",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			env(t, append([]string{"PLATFORM=cloudfoundry", "HEROKU_APP_NAME=", "HEROKU_API_KEY="}, c.env...)...)
			s, err := settingstest.Load()
			got := fmt.Sprint(err)
			if err == nil {
				got = fmt.Sprintln(s.CFAPIURL, s.CFOrg, s.CFSpace, s.CFAppName, s.CFUsername)
			}
			if got = strings.TrimSuffix(got, "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if strings.Contains(got, secret) {
				t.Error("a secret is shown")
			}
			if err == nil && s.Control() != string(s.CFAPIURL) {
				t.Errorf("the control probe asks %s", s.Control())
			}
		})
	}
}
