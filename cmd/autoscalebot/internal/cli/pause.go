package cli

import (
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newPause() *cobra.Command {
	var direction bot.Direction
	var lasts lasting
	return &cobra.Command{
		Use:   "pause [up|down] [2h|until TIME]",
		Short: "Pause scaling, for a time or until resume",
		Long: `Keep the running bot from scaling up, from scaling down, or from both. Without
a duration or an end the pause lasts until autoscalebot resume. The limits still
apply: the bot corrects a number outside them.

A number without a unit is minutes. Times are in TIME_ZONE. The command prints
the end that it understood.

The pause begins at the next heartbeat. You are notified when it begins and
ends.` + asksABot,
		Example: `  autoscalebot pause
  autoscalebot pause down 2h
  autoscalebot pause 90
  autoscalebot pause down until 18:00
  autoscalebot pause until fri 9:00`,
		Args: func(_ *cobra.Command, args []string) (err error) {
			direction, args = takeDirection(args)
			lasts, err = parseLasting(args, "autoscalebot pause up until 18:00")
			return err
		},
		RunE: changingUntil(&lasts, func(cmd *cobra.Command, c admin.Client, end admin.End) (admin.Status, error) {
			return c.Pause(cmd.Context(), direction, end)
		}),
	}
}

func takeDirection(args []string) (bot.Direction, []string) {
	if len(args) > 0 {
		switch d := bot.Direction(args[0]); d {
		case bot.Up, bot.Down, bot.Both:
			return d, args[1:]
		}
	}
	return bot.Both, args
}
