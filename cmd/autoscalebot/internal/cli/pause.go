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
		Short: "Keep the running bot from adding or removing dynos, for a time or until resume",
		Long: "Keeps the bot from adding dynos, from removing some, or both. The limits of the hour hold " +
			"all the same." + asksABot,
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

// takeDirection reads a direction off the beginning of args; both if there is none.
func takeDirection(args []string) (bot.Direction, []string) {
	if len(args) > 0 {
		switch d := bot.Direction(args[0]); d {
		case bot.Up, bot.Down, bot.Both:
			return d, args[1:]
		}
	}
	return bot.Both, args
}

// parseFor reads a length of time, with or without the word for; 0 if there is none.
func parseFor(args []string, example string) (time.Duration, error) {
	if len(args) == 0 {
		return 0, nil
	}
	if args[0] == "for" {
		args = args[1:]
	}
	if len(args) != 1 {
		return 0, errors.New("that is not understood; write it as in: " + example)
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time such as 90m or 2h; write it as in: %s", args[0], example)
	}
	return d, nil
}
