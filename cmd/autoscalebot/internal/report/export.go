package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// Each calls do with records, the oldest first, until do returns an error.
type Each func(do func(record.Record) error) error

// JSONLines writes all fields of the records, one record a line.
func JSONLines(w io.Writer, each Each) error {
	lines := json.NewEncoder(w)
	return each(func(r record.Record) error { return lines.Encode(r) })
}

// CSV writes the main fields of the records, for a spreadsheet.
func CSV(w io.Writer, each Each) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{
		"time", "app", "process_type", "action", "dynos", "dynos_after", "min", "max", "outcome", "response_time_ms",
		"verdict", "rule", "desired", "why",
	}); err != nil {
		return err
	}
	err := each(func(r record.Record) error {
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

// A spreadsheet would run a text from outside as a formula if it began with one of these characters.
func cell(text string) string {
	if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") ||
		strings.HasPrefix(text, "@") {
		return "'" + text
	}
	return text
}
