package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/report"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// newPast makes the commands that read and write the history.
func newPast() []*cobra.Command { return []*cobra.Command{newExport(), newImport(), newReport()} }

// A span is a stretch of time as the command line gives it.
type span struct{ since, until string }

func (s *span) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.since, "since", s.since, "from when: so long ago, such as 30d, 2w or 36h, or a day such as 2026-11-01")
	cmd.Flags().StringVar(&s.until, "until", "", "until when, in the same form; now, if not said")
}

// times reads the span at now.
func (s span) times(now time.Time, zone *time.Location) (from, to time.Time, err error) {
	from, err = parseMoment("--since", s.since, now, zone)
	to = now
	if s.until != "" {
		var uerr error
		to, uerr = parseMoment("--until", s.until, now, zone)
		err = errors.Join(err, uerr)
	}
	if err == nil && !from.Before(to) {
		err = fmt.Errorf("--since %s is not before --until %s", s.since, s.until)
	}
	return from, to, err
}

// longestAgo bounds how long ago a span may begin.
const longestAgo = 10 * 366 * 24 * time.Hour

// parseMoment reads a moment: so long before now, or the beginning of a day.
func parseMoment(flag, text string, now time.Time, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := time.ParseDuration(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			var f float64
			if f, err = strconv.ParseFloat(n, 64); err == nil {
				ago = time.Duration(min(f, 1e5) * float64(length))
			}
		}
	}
	if err != nil || ago < 0 || ago > longestAgo {
		return time.Time{}, fmt.Errorf("%s %q: write how long ago, such as 30d, 2w or 36h, or a day such as 2026-11-01", flag, text)
	}
	return now.Add(-ago), nil
}

// past opens the history that the settings name for a command. Where that is a file it must be there, unless create is set.
func past(cmd *cobra.Command, create bool) (db *history.DB, s *settings.Settings, err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return nil, nil, err
	}
	url, _ := s.HistoryURL()
	if url == "" || url == history.Memory {
		return nil, nil, settings.Problems{{Name: "HISTORY", What: "is kept nowhere that outlasts the bot, so there is nothing to read; set sqlite:PATH, or DATABASE_URL"}}
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		_, err := os.Stat(path)
		if create {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("open the history: %w; is HISTORY the running bot's, and HEROKU_APP_NAME?", err)
		}
	}
	db, err = service.OpenHistory(cmd.Context(), s, service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
	return db, s, err
}

func closePast(cmd *cobra.Command, db *history.DB, err *error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), service.OpenTime)
	defer cancel()
	*err = errors.Join(*err, db.Close(ctx))
}

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
		db, s, err := past(cmd, false)
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
		"time", "app", "process_type", "action", "dynos", "dynos_after", "min", "max", "outcome", "response_time_ms", "verdict", "rule", "desired", "why",
	}); err != nil {
		return err
	}
	err := db.Each(ctx, from, to, func(r record.Record) error {
		hb, _ := r.Heartbeat()
		d := r.Decision
		return out.Write([]string{
			r.Time.UTC().Format(time.RFC3339Nano), cell(r.App), cell(r.ProcessType), string(r.Action), strconv.Itoa(r.Dynos), strconv.Itoa(r.After()),
			strconv.Itoa(r.Limits.Min), strconv.Itoa(r.Limits.Max), string(hb.Outcome), strconv.FormatFloat(hb.Value, 'f', 3, 64),
			string(d.Verdict), string(d.Rule), strconv.Itoa(d.Desired), cell(r.Why()),
		})
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

// cell keeps a text that comes from outside from being a formula in a spreadsheet.
func cell(text string) string {
	if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
		return "'" + text
	}
	return text
}

func newImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE|-",
		Short: "Take records that export wrote as JSON lines into the history",
		Long: `Reads the records that autoscalebot export --format jsonl wrote, from a file or from standard input, into the history that the settings
name (HISTORY, DATABASE_URL). A record that is there already is not added again, so importing twice is harmless.`,
		Args: cobra.ExactArgs(1),
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
				return rehearseImport(cmd, in)
			}
			db, _, err := past(cmd, true)
			if err != nil {
				return err
			}
			defer closePast(cmd, db, &err)
			n, err := db.Import(cmd.Context(), readRecords(in))
			fmt.Fprintf(cmd.OutOrStdout(), "%d records were not there yet, and are now\n", n)
			return err
		},
	}
}

// maxLine bounds a record's line in bytes.
const maxLine = 1 << 20

// readRecords reads records, one a line as JSON. Its errors name the line.
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
				err = errors.New("it is no record: time and app are missing")
			}
			if err != nil {
				err = fmt.Errorf("line %d: %w; write what autoscalebot export --format jsonl wrote", n, err)
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
		db, s, err := past(cmd, false)
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
