package cli

import (
	"bufio"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newExport() *cobra.Command {
	period, format := span{since: "30d"}, "jsonl"
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the history's records as JSON lines or CSV",
		Long: `Print the records of the history, one a line, the oldest first. JSON lines have
all fields, and autoscalebot import reads them. CSV has the main fields, for a
spreadsheet.

` + readsHistory,
		Example: `  autoscalebot export --since 7d > week.jsonl
  autoscalebot export --since 2026-11-01 --until 2026-12-01 --format csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if format != "jsonl" && format != "csv" {
				return settings.Problems{{Name: "--format", What: fmt.Sprintf("%q: must be jsonl or csv", format)}}
			}
			return cobra.NoArgs(cmd, args)
		},
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		from, to, _, err := period.read()
		if err != nil {
			return err
		}
		db, _, err := openPast(cmd, false)
		if err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		out := bufio.NewWriter(cmd.OutOrStdout())
		each, end := watchedExport(cmd, db, from, to)
		defer end()
		if format == "csv" {
			err = report.CSV(out, each)
		} else {
			err = report.JSONLines(out, each)
		}
		return errors.Join(err, out.Flush())
	}
	period.flags(cmd)
	cmd.Flags().StringVar(&format, "format", format, "`format` of the output: jsonl or csv")
	return cmd
}

// If the records go to the terminal, they show the progress themselves.
func watchedExport(cmd *cobra.Command, db *history.DB, from, to time.Time) (each report.Each, end func()) {
	var tell func(share float64)
	end = func() {}
	if !service.IsTerminal(cmd.OutOrStdout()) {
		tell, end = progress(cmd.ErrOrStderr(), "exporting")
	}
	at := through(tell, to)
	return func(do func(record.Record) error) error {
		return db.Each(cmd.Context(), from, to, func(r record.Record) error {
			at(r.Time)
			return do(r)
		})
	}, end
}
