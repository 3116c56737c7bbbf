package cli

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

const limitsExample = "autoscalebot limits 10..20 for 3d"

func newLimits() *cobra.Command {
	var asked limitsArgs
	return &cobra.Command{
		Use:   "limits [MIN..MAX [from TIME] for 3d|until TIME | auto [N]]",
		Short: "Show the limits, or replace them for a time",
		Long: `Without arguments, show the limits now in force and those that people set.

MIN..MAX replaces the limits of the schedule for a time, now or later. MAX must
not exceed the largest number in MAX_DYNOS, so the app cannot cost more than
your settings allow. The command prints the rows that make the same limits a
year later, for MIN_DYNOS and MAX_DYNOS.

limits auto ends all overrides of the limits. limits auto 2 ends the second one
in the list.

A number without a unit is minutes. Times are in TIME_ZONE. You are notified
when such limits begin and end.` + asksABot,
		Example: `  autoscalebot limits
  autoscalebot limits 10..20 for 3d
  autoscalebot limits 10..20 from fri 8:00 until mon 8:00
  autoscalebot limits auto`,
		Args: func(_ *cobra.Command, args []string) (err error) {
			asked, err = parseLimits(args)
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			if asked.shows {
				st, err := c.Status(cmd.Context())
				if err != nil {
					return err
				}
				return printLimits(cmd.OutOrStdout(), st, s.TimeZone.Location)
			}
			from, ends, err := asked.period(time.Now(), s.TimeZone.Location)
			if err != nil {
				return err
			}
			if nothing, err := skipsInDryRun(cmd, c, s); nothing || err != nil {
				return err
			}
			return asked.change(cmd, c, s, from, ends)
		},
	}
}

// What the arguments ask for.
type limitsArgs struct {
	shows, auto bool
	number      int // of the override to end; 0 for all
	limits      schedule.Limits
	from        string // read in the schedule's zone, which the command line does not know
	lasts       lasting
}

func parseLimits(args []string) (a limitsArgs, err error) {
	switch {
	case len(args) == 0:
		a.shows = true
		return a, nil
	case args[0] == "auto":
		a.auto = true
		if len(args) == 2 {
			a.number, err = strconv.Atoi(args[1])
		}
		if len(args) > 2 || err != nil || len(args) == 2 && a.number < 1 {
			return a, errors.New("invalid arguments after auto: must be the number of an override in the list of " +
				"autoscalebot limits, or nothing")
		}
		return a, nil
	}
	if a.limits, err = parseRange(args[0]); err != nil {
		return a, err
	}
	rest := args[1:]
	if len(rest) > 0 && rest[0] == "from" {
		end := slices.IndexFunc(rest, func(word string) bool { return word == "for" || word == "until" })
		if end < 0 {
			end = len(rest)
		}
		if a.from = strings.Join(rest[1:end], " "); a.from == "" {
			return a, errors.New("the time is missing after from, as in: autoscalebot limits 10..20 from fri " +
				"8:00 for 3d")
		}
		rest = rest[end:]
	}
	if len(rest) == 0 {
		return a, errors.New("the end is missing, as in: " + limitsExample)
	}
	a.lasts, err = parseLasting(rest, limitsExample)
	return a, err
}

var rangeForm = regexp.MustCompile(`^([0-9]{1,5})(?:\.\.|-|–)([0-9]{1,5})$`)

func parseRange(text string) (schedule.Limits, error) {
	m := rangeForm.FindStringSubmatch(text)
	if m == nil {
		return schedule.Limits{}, fmt.Errorf("%q: must be the minimum and the maximum, as in: %s", text, limitsExample)
	}
	low, _ := strconv.Atoi(m[1]) // five digits always fit
	high, _ := strconv.Atoi(m[2])
	if low > high {
		return schedule.Limits{}, fmt.Errorf("%q: the minimum %d is above the maximum %d", text, low, high)
	}
	return schedule.Limits{Min: low, Max: high}, nil
}

// The end of a period is read as seen from its begin: until mon 8:00 is the next one after from.
func (a limitsArgs) period(now time.Time, zone *time.Location) (from time.Time, end admin.End, err error) {
	if a.from != "" {
		at, err := when.Reader{Now: now, Zone: zone, Toward: when.Future}.Moment(a.from)
		if err == nil && !at.After(now) {
			err = fmt.Errorf("%q is %s, which is not in the future", a.from, until(at.Time, zone))
		}
		if err != nil {
			return from, end, settings.Problems{{Name: "from", What: err.Error()}}
		}
		from, now = at.Time, at.Time
	}
	if end, err = a.lasts.end(now, zone); err != nil && a.from != "" {
		err = fmt.Errorf("%w, seen from %s", err, until(from, zone))
	}
	return from, end, err
}

func (a limitsArgs) change(
	cmd *cobra.Command, c admin.Client, s *settings.Settings, from time.Time, end admin.End,
) error {
	zone := s.TimeZone.Location
	if a.auto {
		begin, err := a.begin(cmd, c)
		if err != nil {
			return err
		}
		st, err := c.EndLimits(cmd.Context(), begin)
		if err != nil {
			return err
		}
		return printLimits(cmd.OutOrStdout(), st, zone)
	}
	st, err := c.OverrideLimits(cmd.Context(), a.limits, from, end)
	if err != nil {
		return err
	}
	if err := printLimits(cmd.OutOrStdout(), st, zone); err != nil {
		return err
	}
	return printNextYear(cmd.OutOrStdout(), st, s)
}

// The begin of the override to end; zero for all.
func (a limitsArgs) begin(cmd *cobra.Command, c admin.Client) (time.Time, error) {
	if a.number == 0 {
		return time.Time{}, nil
	}
	st, err := c.Status(cmd.Context())
	if err != nil {
		return time.Time{}, err
	}
	all := st.Control.Limits
	if a.number > len(all) {
		return time.Time{}, fmt.Errorf("there is no override %d of the limits: %d are in the list of "+
			"autoscalebot limits",
			a.number, len(all))
	}
	return all[a.number-1].From, nil
}

func printLimits(w io.Writer, st admin.Status, zone *time.Location) error {
	var b strings.Builder
	fmt.Fprintf(&b, "limits now: %d to %s\n", st.Limits.Min, words.Unit(st.Unit).Of(st.Limits.Max))
	for i, o := range st.Control.Limits {
		fmt.Fprintf(&b, "%d. %s\n", i+1, limitsText(o, st, zone))
	}
	if st.DryRun {
		b.WriteString("dry run: " + dryRun + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// The bot suggests nothing if the schedule has other rows for these days.
func printNextYear(w io.Writer, st admin.Status, s *settings.Settings) error {
	if st.NextYear == nil {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nFor the same limits next year, with your dates:\n  %s=\"%s\"\n  %s=\"%s\"\n",
		s.Named("MIN_DYNOS"), st.NextYear.Min, s.Named("MAX_DYNOS"), st.NextYear.Max)
	return err
}
