package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE|-",
		Short: "Add exported records to the history",
		Long: `Read records from a file, or from standard input, and add them to the history
that the settings name (HISTORY, DATABASE_URL). The input is the output of
autoscalebot export --format jsonl. A record that exists is not added again, so
importing twice is harmless.`,
		Example: `  autoscalebot import week.jsonl`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			switch s, err := settings.LoadAdmin(); {
			case err != nil:
				return err
			case bool(s.DryRun):
				return dryImport(cmd, in)
			}
			db, _, err := openPast(cmd, true)
			if err != nil {
				return err
			}
			defer closePast(cmd, db, &err)
			in, end := watched(cmd.ErrOrStderr(), "importing", in)
			n, err := db.Import(cmd.Context(), readRecords(in))
			end()
			if err != nil {
				return importedBefore(cmd.Context(), n, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "imported %d new records\n", n)
			return err
		},
	}
}

// Records are added in batches, so some are there after an error.
func importedBefore(ctx context.Context, n int, err error) error {
	hint := fmt.Sprintf("%d new records were imported before. Import the same file again to continue", n)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: %s", hint)
	}
	if n == 0 {
		return err
	}
	return fmt.Errorf("%w\n  %s", err, hint)
}

const maxLine = 1 << 20 // bytes

func readRecords(r io.Reader) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 0
		for lines.Scan() {
			n++
			if strings.TrimSpace(lines.Text()) == "" {
				continue
			}
			var rec record.Record
			err := json.Unmarshal(lines.Bytes(), &rec)
			if err == nil && (rec.Time.IsZero() || rec.App == "") {
				err = errors.New("not a record: time and app are missing")
			}
			if err != nil {
				err = fmt.Errorf("line %d: %w. The input must be the output of autoscalebot export --format jsonl", n,
					err)
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(record.Record{}, fmt.Errorf("line %d: %w", n+1, err))
		}
	}
}

func dryImport(cmd *cobra.Command, in io.Reader) error {
	n := 0
	for _, err := range readRecords(in) {
		if err != nil {
			return err
		}
		n++
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d records can be imported\nnothing was done: %s\n", n, isDryRun)
	return err
}
