package service

import (
	"os"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/command"
	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func openHeroku(s *settings.Settings, h Host) (bot.Scaler, error) {
	if h.heroku != nil {
		return h.heroku.Scaler(string(s.HerokuProcessType))
	}
	return heroku.New(herokuOptions(s, h))
}

func herokuOptions(s *settings.Settings, h Host) heroku.Options {
	return heroku.Options{
		App: string(s.HerokuAppName), Key: s.HerokuAPIKey.Reveal(), ProcessType: string(s.HerokuProcessType),
		URL: string(s.HerokuAPIURL), UserAgent: UserAgent(), Once: h.Once,
	}
}

func openCloudFoundry(s *settings.Settings, h Host) (bot.Scaler, error) {
	return cloudfoundry.New(cloudfoundry.Options{
		URL: string(s.CFAPIURL), Org: string(s.CFOrg), Space: string(s.CFSpace), App: string(s.CFAppName),
		ProcessType: string(s.HerokuProcessType),
		Credentials: cloudfoundry.Credentials{
			Username: string(s.CFUsername), Password: s.CFPassword.Reveal(), Origin: string(s.CFOrigin),
			ClientID: string(s.CFClientID), ClientSecret: s.CFClientSecret.Reveal(),
			RefreshToken: s.CFRefreshToken.Reveal(),
		},
		UserAgent: UserAgent(), Once: h.Once,
	})
}

func openLocal(s *settings.Settings, h Host) (bot.Scaler, error) {
	cmd, err := localCommand(s)
	if err != nil {
		return nil, err
	}
	return local.New(local.Options{
		Command: cmd, Env: s.CommandEnviron(), Addr: string(s.LocalAddr), ProcessType: string(s.HerokuProcessType),
		Dynos: max(1, s.Table.At(h.Now).Min), Out: h.Stdout, Log: h.Log,
	})
}

func localCommand(s *settings.Settings) (string, error) {
	if s.LocalCommand != "" {
		return string(s.LocalCommand), nil
	}
	line, err := procfileCommand(string(s.HerokuProcessType))
	if err != nil {
		return "", settings.Problems{{Name: "LOCAL_COMMAND", What: "is not set, and " + err.Error()}}
	}
	return line, nil
}

func procfileCommand(processType string) (string, error) {
	f, err := os.Open("Procfile")
	if err != nil {
		return "", err
	}
	defer f.Close()
	return local.WebCommand(f, processType)
}

func openCommand(s *settings.Settings, _ Host) (bot.Scaler, error) {
	return command.New(command.Options{
		Count: string(s.CountCommand), Scale: string(s.ScaleCommand),
		Env: s.CommandEnviron(), Secrets: s.PassedSecrets(),
	})
}

func openAutoscalingGroup(s *settings.Settings, _ Host) (bot.Scaler, error) {
	return ec2.NewGroup(awsAccount(s), string(s.EC2AutoscalingGroup))
}
