package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newReport() *cobra.Command {
	when, path := span{since: "7d"}, ""
	cmd := &cobra.Command{
		Use:   "report --out FILE",
		Short: "Draw the history as a page or a picture: FILE.html, FILE.svg or FILE.png",
		Long: `Draws response times, dynos and their limits over a stretch of the history, and lists every change with its reason where the file is a
page. It reads the history that the settings name (HISTORY, DATABASE_URL), while the bot runs or not.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch filepath.Ext(path) {
			case ".html", ".svg", ".png":
				return cobra.NoArgs(cmd, args)
			}
			return fmt.Errorf("--out %q: write a file that ends in .html, .svg or .png", path)
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
			return settings.Problems{{Name: "autoscalebot report", What: err.Error()}}
		}
		r, err := readReport(cmd.Context(), db, s, from, to)
		if err != nil {
			return err
		}
		if err := writeReport(path, r); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", path, r.Sum())
		return err
	}
	when.flags(cmd)
	cmd.Flags().StringVar(&path, "out", "", "the file to write")
	return cmd
}

const (
	// reportPoints is how many points a report has at the most, about one for each pixel column.
	reportPoints = 1000
	// reportChanges is how many changes it lists at the most, the newest.
	reportChanges = 1000
)

// readReport reads a stretch of the history.
func readReport(ctx context.Context, db *history.DB, s *settings.Settings, from, to time.Time) (report.Report, error) {
	series, err := db.Points(ctx, from, to, reportPoints)
	if err != nil {
		return report.Report{}, err
	}
	changes, err := db.Records(ctx, history.Query{From: from, To: to, Changed: true, Limit: reportChanges})
	if err != nil {
		return report.Report{}, err
	}
	r := report.Report{
		App: s.App(), ProcessType: string(s.HerokuProcessType), From: from, To: to, Zone: s.TimeZone.Location,
		Series: series, Changes: changes, Price: float64(s.DynoPrice),
	}
	if r.Price == 0 {
		r.Price, err = newestPrice(ctx, db, from, to)
	}
	return r, err
}

// pricedRecords is how many of the newest records are looked at for a price, which those of a start have not while the platform fails.
const pricedRecords = 200

// newestPrice is what a dyno cost a month at the newest heartbeat that knew it, 0 where none did.
func newestPrice(ctx context.Context, db *history.DB, from, to time.Time) (float64, error) {
	newest, err := db.Records(ctx, history.Query{From: from, To: to, Limit: pricedRecords})
	for _, r := range slices.Backward(newest) {
		if r.Price > 0 {
			return r.Price, err
		}
	}
	return 0, err
}

// writeReport writes the report to a file, whole or not at all.
func writeReport(path string, r report.Report) error {
	return writeWhole(path, func(w io.Writer) error {
		switch filepath.Ext(path) {
		case ".html":
			return r.HTML(w)
		case ".svg":
			return r.Chart().SVG(w)
		}
		return r.Chart().PNG(w, 2)
	})
}
