package cli

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newScale() *cobra.Command {
	var n int
	var auto bool
	var length time.Duration
	cmd := &cobra.Command{
		Use:   "scale N|auto [for 1h]",
		Short: "Have the running bot keep N dynos for a time",
		Long: `Has the bot keep N dynos for a time, inside the limits of the hour: as long as it leaves a change by hand alone, if not said
otherwise. autoscalebot scale auto lets it decide by itself again.` + asksABot,
	}
	cmd.Flags().DurationVar(&length, "for", 0, "for how long, such as 90m or 2h")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		const example = "autoscalebot scale 4 for 1h"
		if len(args) == 0 {
			return errors.New("how many dynos? Write " + example)
		}
		given := cmd.Flags().Changed("for")
		if auto = args[0] == "auto"; auto {
			if len(args) > 1 || given {
				return errors.New("auto takes no length of time: autoscalebot scale auto ends an order now")
			}
			return nil
		}
		var err error
		if n, err = strconv.Atoi(args[0]); err != nil {
			return fmt.Errorf("%q is no number of dynos; write %s", args[0], example)
		}
		switch {
		case given && len(args) > 1:
			return errors.New("for how long is said twice; write " + example)
		case given && length <= 0:
			return fmt.Errorf("--for %v: write a length of time such as 90m or 2h", length)
		case given:
			return nil
		}
		length, err = parseFor(args[1:], example)
		return err
	}
	cmd.RunE = changing(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
		if auto {
			return c.EndOverride(cmd.Context())
		}
		return c.Scale(cmd.Context(), n, length)
	})
	return cmd
}
