package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newWhy() *cobra.Command {
	n, asJSON := 20, false
	cmd := &cobra.Command{
		Use:   "why",
		Short: "Explain the last decisions",
		Long: `Print the running bot's last decisions with their reasons, one a line, the
oldest first.` + asksABot,
		Example: `  autoscalebot why
  autoscalebot why -n 100`,
		Args: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > admin.Kept {
				return fmt.Errorf("-n %d: must be a number from 1 to %d", n, admin.Kept)
			}
			return cobra.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			records, err := c.Records(cmd.Context(), n)
			if err != nil {
				return err
			}
			if !asJSON {
				return printWhy(cmd.OutOrStdout(), records, time.Now(), s.TimeZone.Location)
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			for _, r := range records {
				if err := out.Encode(r); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&n, "number", "n", n, "`number` of decisions, 1 to 500")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON lines with all fields of the records")
	return cmd
}

// A time without a day is today's.
func printWhy(w io.Writer, records []record.Record, now time.Time, zone *time.Location) error {
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%s %s\n", stamp(r.Time, now, zone), explain(r))
	}
	if len(records) == 0 {
		b.WriteString("no heartbeat yet\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func explain(r record.Record) string { return r.Headline() + ": " + r.Why() }

func stamp(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
