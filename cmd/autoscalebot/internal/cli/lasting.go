package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A number without a unit is minutes where a pause or an override has its duration.
const bareDuration = time.Minute

// A lasting is the end of a command line that says how long something lasts: "for 2 hours", "until fri 9:00".
type lasting struct {
	length time.Duration
	until  string // read in the schedule's zone, which the command line does not know
}

// The word "for" is optional. No words are the zero lasting.
func parseLasting(args []string, example string) (l lasting, err error) {
	if len(args) == 0 {
		return l, nil
	}
	text := strings.Join(args[1:], " ")
	switch args[0] {
	case "until":
		if l.until = text; text == "" {
			return l, errors.New("the time is missing after until, as in: " + example)
		}
		return l, nil
	case "for":
	default:
		text = strings.Join(args, " ")
	}
	l.length, err = when.Duration(text, bareDuration)
	switch {
	case err == nil && l.length == 0:
		return l, fmt.Errorf("%q: must be a duration above 0, as in: %s", text, example)
	case err != nil:
		return l, fmt.Errorf("%w. To set the end, write until and a time, as in: %s", err, example)
	}
	return l, nil
}

// The error is a [settings.Problems].
func (l lasting) end(now time.Time, zone *time.Location) (admin.End, error) {
	if l.until == "" {
		return admin.End{For: l.length}, nil
	}
	at, err := when.Reader{Now: now, Zone: zone, Toward: when.Future}.Moment(l.until)
	if err == nil && !at.After(now) {
		err = fmt.Errorf("%q is %s, which is not in the future", l.until, until(at.Time, zone))
	}
	if err != nil {
		return admin.End{}, settings.Problems{{Name: "until", What: err.Error()}}
	}
	return admin.End{Until: at.Time}, nil
}

// A lengthFlag is a duration as people write it. A number without a unit counts in bare; a bare of 0 refuses it.
type lengthFlag struct {
	to   *time.Duration
	bare time.Duration
}

var _ pflag.Value = lengthFlag{}

// Set reads text.
func (f lengthFlag) Set(text string) (err error) {
	*f.to, err = when.Duration(text, f.bare)
	return err
}

// String formats the value; 0 is empty, so that the help shows no default.
func (f lengthFlag) String() string {
	if f.to == nil || *f.to == 0 {
		return ""
	}
	return f.to.String()
}

// Type names the value in the help.
func (f lengthFlag) Type() string { return "duration" }
