package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newReload() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Read the settings file again",
		Long: `Let the running bot read the file that AUTOSCALE_FILE names again, now. It does
so by itself a second or two after the file has changed, and at SIGHUP.

If the file has mistakes, all of them are printed, the exit code is 2, and the
bot continues with its former settings. To check the file before, run
autoscalebot check. Otherwise the changes take effect before the next
heartbeat. Counts, cooldowns, pauses and overrides stay.

Settings of the environment cannot change while the bot runs. Some others need
a restart too, see docs/control.md.` + asksABot,
		Example: `  autoscalebot reload
  systemctl reload autoscalebot`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			done, err := c.Reload(cmd.Context())
			if no, ok := errors.AsType[*admin.RefusedError](err); ok && no.Status == http.StatusUnprocessableEntity {
				return wrongSettings{no}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), reloaded(done))
			return err
		},
	}
}

// The bot found mistakes in its settings, so the exit code is that of wrong settings.
type wrongSettings struct{ error }

func reloaded(done admin.Reload) string {
	lines := []string{"no setting has changed"}
	if len(done.Changed) > 0 {
		lines = []string{"reloaded:"}
		for _, c := range done.Changed {
			lines = append(lines, "  "+c)
		}
	}
	return strings.Join(append(lines, done.Notes...), "\n")
}
