package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newExport() *cobra.Command {
	when, format := span{since: "30d"}, "jsonl"
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the history's records to standard output, as JSON lines or CSV",
		Long: `Writes the records of the history, one a line, the oldest first: as JSON with all that was known, which autoscalebot import reads, or
as CSV for a spreadsheet. It reads the history that the settings name (HISTORY, DATABASE_URL), while the bot runs or not.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if format != "jsonl" && format != "csv" {
				return fmt.Errorf("--format %s: write jsonl or csv", format)
			}
			return cobra.NoArgs(cmd, args)
		},
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		db, s, err := openPast(cmd, false)
		if err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		from, to, err := when.times(time.Now(), s.TimeZone.Location)
		if err != nil {
			return settings.Problems{{Name: "autoscalebot export", What: err.Error()}}
		}
		out := bufio.NewWriter(cmd.OutOrStdout())
		if format == "csv" {
			err = exportCSV(cmd.Context(), db, from, to, out)
		} else {
			lines := json.NewEncoder(out)
			err = db.Each(cmd.Context(), from, to, func(r record.Record) error { return lines.Encode(r) })
		}
		return errors.Join(err, out.Flush())
	}
	when.flags(cmd)
	cmd.Flags().StringVar(&format, "format", format, "jsonl or csv")
	return cmd
}

func exportCSV(ctx context.Context, db *history.DB, from, to time.Time, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{
		"time", "app", "process_type", "action", "dynos", "dynos_after", "min", "max", "outcome", "response_time_ms",
		"verdict", "rule", "desired", "why",
	}); err != nil {
		return err
	}
	err := db.Each(ctx, from, to, func(r record.Record) error {
		hb, _ := r.Heartbeat()
		d := r.Decision
		return out.Write([]string{
			r.Time.UTC().Format(time.RFC3339Nano), cell(r.App), cell(r.ProcessType), string(r.Action),
			strconv.Itoa(r.Dynos), strconv.Itoa(r.After()),
			strconv.Itoa(r.Limits.Min), strconv.Itoa(r.Limits.Max), string(hb.Outcome),
			strconv.FormatFloat(hb.Value, 'f', 3, 64),
			string(d.Verdict), string(d.Rule), strconv.Itoa(d.Desired), cell(r.Why()),
		})
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// cell keeps a text that comes from outside from being a formula in a spreadsheet.
func cell(text string) string {
	if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") ||
		strings.HasPrefix(text, "@") {
		return "'" + text
	}
	return text
}
