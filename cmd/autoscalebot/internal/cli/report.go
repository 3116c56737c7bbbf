package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newReport() *cobra.Command {
	period, path := span{since: "7d"}, ""
	cmd := &cobra.Command{
		Use:   "report --out FILE",
		Short: "Draw the history as a page or a picture",
		Long: `Draw response times, dynos and limits over a period of the history. The ending
of FILE is the format: .html, .svg or .png. A page also lists every change with
its reason.

` + readsHistory,
		Example: `  autoscalebot report --out week.html
  autoscalebot report --since 2026-11-02 --until 2026-11-03 --out day.png`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch filepath.Ext(path) {
			case ".html", ".svg", ".png":
				return cobra.NoArgs(cmd, args)
			}
			return settings.Problems{{Name: "--out", What: fmt.Sprintf("%q: must end in .html, .svg or .png", path)}}
		},
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		from, to, s, err := period.read()
		if err != nil {
			return err
		}
		db, _, err := openPast(cmd, false)
		if err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		r, err := report.Read(cmd.Context(), db, s, from, to)
		if err != nil {
			return err
		}
		draw := func(w io.Writer) error { return r.Draw(w, filepath.Ext(path)) }
		if err := writeWhole(cmd.Context(), path, draw); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", path, r.Sum())
		return err
	}
	period.flags(cmd)
	cmd.Flags().StringVar(&path, "out", "", "`file` to write: .html, .svg or .png (required)")
	return cmd
}
