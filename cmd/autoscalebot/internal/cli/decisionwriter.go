package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// A decisionWriter prints decisions below a heading for each day, whose first one names the time zone.
type decisionWriter struct {
	w      io.Writer
	zone   *time.Location
	asJSON bool

	heading string
	written bool
}

func (d *decisionWriter) all(records []record.Record) error {
	for _, r := range records {
		if err := d.one(r); err != nil {
			return err
		}
	}
	return nil
}

func (d *decisionWriter) one(r record.Record) error { return d.marked("", r) }

func (d *decisionWriter) marked(mark string, r record.Record) error {
	if d.asJSON {
		d.written = true
		return json.NewEncoder(d.w).Encode(r)
	}
	at := r.Time.In(d.zone)
	if h := at.Format("Mon 2006-01-02 MST"); h != d.heading {
		d.heading = h
		if err := d.head(at); err != nil {
			return err
		}
	}
	d.written = true
	_, err := fmt.Fprintf(d.w, "%s%s %s\n", mark, at.Format(time.TimeOnly), explain(r))
	return err
}

// When the clocks change there is a new heading, so that no time of day is ambiguous.
func (d *decisionWriter) head(at time.Time) error {
	text, abbreviation := at.Format("Mon 2006-01-02"), at.Format("MST")
	switch name := d.zone.String(); {
	case !d.written && name == abbreviation:
		text += ", times in " + name
	case !d.written:
		text += fmt.Sprintf(", times in %s (%s)", name, abbreviation)
	case name != abbreviation:
		text += " (" + abbreviation + ")"
	}
	_, err := fmt.Fprintln(d.w, text)
	return err
}

// The newest of before is marked.
func (d *decisionWriter) around(at time.Time, change, before, after []record.Record) error {
	if d.asJSON {
		return d.all(slices.Concat(change, before, after))
	}
	for _, r := range change {
		if err := d.marked("  ", r); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(d.w, "  …"); err != nil {
			return err
		}
	}
	for i, r := range before {
		mark := "  "
		if i == len(before)-1 {
			mark = "> "
		}
		if err := d.marked(mark, r); err != nil {
			return err
		}
	}
	for _, r := range after {
		if err := d.marked("  ", r); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(d.w, "\n> was in force at %s.\n", until(at, d.zone))
	return err
}
