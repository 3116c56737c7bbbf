package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const isDryRun = "DRY_RUN is set"

// DRY_RUN holds for the command's own environment: it must not make a bot act that runs without DRY_RUN. A bot in a dry
// run changes nothing anyway.
func skipsInDryRun(cmd *cobra.Command, c admin.Client, s *settings.Settings) (nothing bool, err error) {
	if !s.DryRun {
		return false, nil
	}
	st, err := c.Status(cmd.Context())
	if err != nil || st.DryRun {
		return false, err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "nothing was done: %s, and the running bot would act on this command\n",
		isDryRun)
	return true, err
}
