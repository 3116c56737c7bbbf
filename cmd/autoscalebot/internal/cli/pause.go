package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newPause() *cobra.Command {
	var direction bot.Direction
	var length time.Duration
	return &cobra.Command{
		Use:   "pause [up|down] [2h]",
		Short: "Pause scaling, for a time or until resume",
		Long: `Keep the running bot from scaling up, from scaling down, or from both. Without
a duration the pause lasts until autoscalebot resume. The limits still apply:
the bot corrects a number outside them.

The pause begins at the next heartbeat. You are notified when it begins and
ends.` + asksABot,
		Example: `  autoscalebot pause
  autoscalebot pause down 2h`,
		Args: func(_ *cobra.Command, args []string) (err error) {
			direction, args = takeDirection(args)
			length, err = parseFor(args, "autoscalebot pause up 2h")
			return err
		},
		RunE: changing(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
			return c.Pause(cmd.Context(), direction, length)
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

// The word "for" is optional.
func parseFor(args []string, example string) (time.Duration, error) {
	if len(args) == 0 {
		return 0, nil
	}
	if args[0] == "for" {
		args = args[1:]
	}
	if len(args) != 1 {
		return 0, errors.New("invalid arguments: must be as in: " + example)
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration. Use 90m or 2h, as in: %s", args[0], example)
	}
	return d, nil
}
