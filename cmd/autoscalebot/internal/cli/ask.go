package cli

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const asksABot = `

The command talks to the bot of this app on this machine, through the bot's
Unix socket (ADMIN_SOCKET), or at ADMIN_ADDR if that is set. If there is no
socket here and DATABASE_URL is set, it talks to the bot through the database,
as on Heroku: heroku run -- autoscalebot status`

func asking(cmd *cobra.Command) (c admin.Client, s *settings.Settings, end func(), err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return admin.Client{}, nil, nil, err
	}
	end = func() {}
	c = admin.Client{Socket: s.SocketPath(), Addr: string(s.AdminAddr), Token: s.AdminToken.Reveal()}
	if c.Addr == "" && s.HistoryOnServer() && !isThere(c.Socket) {
		db, err := service.OpenHistory(cmd.Context(), s,
			service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
		if err != nil {
			return c, nil, nil, err
		}
		c.History, c.Who = db, service.ProcessName()
		end = func() { _ = db.Close(context.WithoutCancel(cmd.Context())) } // no write is pending
	}
	if c.Socket == "" && c.Addr == "" && c.History == nil {
		return c, nil, nil, settings.Problems{{
			Name: "ADMIN_SOCKET",
			What: "is \"none\", and ADMIN_ADDR is not set, so the bot cannot be reached. Set one of them, " +
				"for the bot " +
				"and for this command",
		}}
	}
	return c, s, end, nil
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}

func changing(
	ask func(*cobra.Command, admin.Client) (admin.Status, error),
) func(*cobra.Command, []string) error {
	return changingUntil(&lasting{}, func(cmd *cobra.Command, c admin.Client, _ admin.End) (admin.Status, error) {
		return ask(cmd, c)
	})
}

// The request receives the end of l, which is read when the command runs.
func changingUntil(
	l *lasting, ask func(*cobra.Command, admin.Client, admin.End) (admin.Status, error),
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, s, end, err := asking(cmd)
		if err != nil {
			return err
		}
		defer end()
		ends, err := l.end(time.Now(), s.TimeZone.Location)
		if err != nil {
			return err
		}
		if nothing, err := skipsInDryRun(cmd, c, s); nothing || err != nil {
			return err
		}
		st, err := ask(cmd, c, ends)
		if err != nil {
			return err
		}
		return printHolding(cmd.OutOrStdout(), st, s.TimeZone.Location)
	}
}
