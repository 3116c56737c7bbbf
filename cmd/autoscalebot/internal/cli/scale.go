package cli

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newScale() *cobra.Command {
	var n int
	var auto bool
	var lasts lasting
	cmd := &cobra.Command{
		Use:   "scale N|auto [for 1h|until TIME]",
		Short: "Override the number of dynos for a time",
		Long: `Set an override: the running bot keeps N dynos for a time, inside the limits.
Without a duration or an end the override lasts MANUAL_HOLD_IN_MINUTES (10), at
least a minute. autoscalebot scale auto ends it.

A number without a unit is minutes. Times are in TIME_ZONE. The command prints
the end that it understood.

The override begins at the next heartbeat. You are notified when it begins and
ends. 0 is refused. To switch the app off, use the platform.` + asksABot,
		Example: `  autoscalebot scale 4 for 1h
  autoscalebot scale 4 until fri 9:00
  autoscalebot scale auto`,
	}
	cmd.Flags().Var(lengthFlag{&lasts.length, bareDuration}, "for",
		"`duration` of the override, such as 90m or 2h (default MANUAL_HOLD_IN_MINUTES)")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		const example = "autoscalebot scale 4 for 1h"
		if len(args) == 0 {
			return errors.New("the number of dynos is missing, as in: " + example)
		}
		given := cmd.Flags().Changed("for")
		if auto = args[0] == "auto"; auto {
			if len(args) > 1 || given {
				return errors.New("auto takes no duration: autoscalebot scale auto ends an override at once")
			}
			return nil
		}
		var err error
		if n, err = strconv.Atoi(args[0]); err != nil {
			return fmt.Errorf("%q is not a number of dynos. Use a whole number, as in: %s", args[0], example)
		}
		switch {
		case given && len(args) > 1:
			return errors.New("the duration is set twice. Set it once, as in: " + example)
		case given && lasts.length == 0:
			return errors.New("--for 0: must be a duration above 0, such as 90m or 2h")
		case given:
			return nil
		}
		lasts, err = parseLasting(args[1:], example)
		return err
	}
	cmd.RunE = changingUntil(&lasts, func(cmd *cobra.Command, c admin.Client, end admin.End) (admin.Status, error) {
		if auto {
			return c.EndOverride(cmd.Context())
		}
		return c.Scale(cmd.Context(), n, end)
	})
	return cmd
}
