package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/cost"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const monthForm = "2006-01"

func newCost() *cobra.Command {
	month, asJSON := "", false
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Show what the dynos cost, by month",
		Long: `Show dyno-hours and money by month, for each process type of the app in the
history: at the prices that were in force, at the maximum of the limits, and at
a constant number of dynos, the most that ran. The running month has a forecast.
--month shows one month, with the dyno sizes. Months are in TIME_ZONE.

` + readsHistory,
		Example: `  autoscalebot cost
  autoscalebot cost --month 2026-11
  autoscalebot cost --month "last month"`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		now := time.Now()
		begin, s, err := costMonth(month, now)
		if err != nil {
			return err
		}
		db, _, err := openPast(cmd, false)
		if err != nil {
			return err
		}
		defer closePast(cmd, db, &err)
		bills, err := readBills(cmd, db, s, begin, now)
		switch {
		case err != nil:
			return err
		case len(bills) == 0 && begin.IsZero():
			return fmt.Errorf("the history in %s has no heartbeat", db.Place())
		case len(bills) == 0:
			return fmt.Errorf("the history in %s has no heartbeat in %s", db.Place(), begin.Format(monthForm))
		case asJSON:
			return printJSON(cmd.OutOrStdout(), bills)
		case !begin.IsZero():
			return printMonth(cmd.OutOrStdout(), bills, s.TimeZone.Location)
		}
		return printMonths(cmd.OutOrStdout(), bills, s.TimeZone.Location)
	}
	cmd.Flags().StringVar(&month, "month", "", "only this `month`, such as 2026-11, november or \"last month\"")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// The month is zero without a text.
func costMonth(text string, now time.Time) (begin time.Time, s *settings.Settings, err error) {
	s, err = settings.LoadAdmin()
	if err != nil || text == "" {
		return begin, s, err
	}
	begin, err = when.Reader{Now: now, Zone: s.TimeZone.Location}.Month(text)
	if err == nil && begin.After(now) {
		err = fmt.Errorf("%q is %s, which has not begun", text, begin.Format(monthForm))
	}
	if err != nil {
		return begin, s, settings.Problems{{Name: "--month", What: err.Error()}}
	}
	return begin, s, nil
}

// A bill is a month of a process type. Name is the month, and Unit the platform's word for a dyno.
type bill struct {
	Name        string     `json:"month"`
	ProcessType string     `json:"process_type"`
	Unit        words.Unit `json:"unit,omitempty"`
	cost.Month
}

const monthsShown = 12

// A zero month means the last [monthsShown]. The result is in the order of months.
func readBills(cmd *cobra.Command, db *history.DB, s *settings.Settings, month, now time.Time) ([]bill, error) {
	types, err := db.ProcessTypes(cmd.Context())
	if err != nil {
		return nil, err
	}
	var bills []bill
	for _, name := range types {
		of := *s
		of.HerokuProcessType = settings.Text(name)
		some, err := billsOf(cmd, &of, month, now)
		if err != nil {
			return nil, err
		}
		bills = append(bills, some...)
	}
	slices.SortStableFunc(bills, func(a, b bill) int { return cmp.Compare(a.Name, b.Name) })
	return bills, nil
}

func billsOf(cmd *cobra.Command, s *settings.Settings, month, now time.Time) (bills []bill, err error) {
	ctx, zone := cmd.Context(), s.TimeZone.Location
	db, err := service.OpenHistory(ctx, s,
		service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
	if err != nil {
		return nil, err
	}
	defer closePast(cmd, db, &err)
	newest, err := db.Records(ctx, history.Query{Limit: 1})
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	months := []time.Time{month}
	if month.IsZero() {
		months = nil
		for i := monthsShown - 1; i >= 0; i-- {
			months = append(months, cost.MonthOf(now, zone).AddDate(0, -i, 0))
		}
	}
	for _, begin := range months {
		m, err := cost.Read(ctx, db, begin, now, float64(s.DynoPrice))
		if err != nil {
			return nil, interrupted(ctx, err)
		}
		if !m.First.IsZero() {
			bills = append(bills, bill{
				begin.Format(monthForm), string(s.HerokuProcessType), words.Unit(newest[0].Unit), m,
			})
		}
	}
	return bills, nil
}

func printMonths(w io.Writer, bills []bill, zone *time.Location) error {
	unit := bills[0].Unit
	rows := [][]string{{
		"MONTH", "TYPE", strings.ToUpper(unit.One()) + "-HOURS", "COST", "AT THE MAXIMUM", "CONSTANT", "FORECAST",
	}}
	for _, b := range bills {
		forecast := "-"
		if b.Forecast != nil {
			forecast = b.money(*b.Forecast)
		}
		rows = append(rows, []string{
			b.Name, b.ProcessType, fmt.Sprintf("%.1f", b.Total.DynoHours), b.money(b.Total), b.money(b.Maximum),
			fmt.Sprintf("%s (%d)", b.money(b.Constant), b.Peak), forecast,
		})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nMonths are in %s. CONSTANT is always the most %s that ran, in parentheses.\n%s",
		zone, unit.Many(), notesOf(bills, zone))
	return err
}

func printMonth(w io.Writer, bills []bill, zone *time.Location) error {
	var b strings.Builder
	for _, m := range bills {
		fmt.Fprintf(&b, "%s %s, in %s\n", m.Name, m.ProcessType, zone)
		for _, l := range m.Lines {
			what := cmp.Or(l.Size, m.Unit.Many())
			if l.Price > 0 {
				what += fmt.Sprintf(" at $%.6g a month", l.Price)
			}
			m.line(&b, what, l.Sum)
		}
		if len(m.Lines) > 1 {
			m.line(&b, "total", m.Total)
		}
		m.line(&b, "at the maximum", m.Maximum)
		m.line(&b, fmt.Sprintf("a constant %d, the most that ran", m.Peak), m.Constant)
		if m.Forecast != nil {
			m.line(&b, "forecast of the month", *m.Forecast)
		}
	}
	b.WriteString(notesOf(bills, zone))
	_, err := io.WriteString(w, b.String())
	return err
}

func (b bill) line(w io.Writer, what string, s cost.Sum) {
	fmt.Fprintf(w, "  %-34s %10.1f %s-hours %10s\n", what, s.DynoHours, b.Unit.One(), b.money(s))
}

// No price of the month is known if no dyno-hour has one.
func (b bill) money(s cost.Sum) string {
	if b.UnpricedHours > 0 && b.Total.Dollars == 0 {
		return "-"
	}
	return fmt.Sprintf("$%.2f", s.Dollars)
}

const worthTelling = 1.0 // hours

// A sentence a line on what is unknown or estimated.
func notesOf(bills []bill, zone *time.Location) string {
	var b strings.Builder
	for _, m := range bills {
		name := m.Name
		if len(bills) > 1 {
			name += " " + m.ProcessType
		}
		if m.Forecast != nil {
			fmt.Fprintf(&b, "%s: counted up to %s. The forecast continues with %.2f %s, the average of the "+
				"last 7 days.\n",
				name, until(m.Until, zone), m.Average, m.Unit.Many())
		}
		if m.UnknownHours >= worthTelling {
			fmt.Fprintf(&b, "%s: %.0f of %.0f hours are unknown and not counted", name, m.UnknownHours,
				m.Until.Sub(m.Begin).Hours())
			if m.First.Sub(m.Begin) >= time.Hour {
				fmt.Fprintf(&b, ". The history begins at %s", until(m.First, zone))
			}
			b.WriteString(".\n")
		}
		if m.UnpricedHours > 0 {
			fmt.Fprintf(&b, "%s: the price of %.1f %s-hours is unknown. Set DYNO_PRICE_PER_MONTH.\n", name,
				m.UnpricedHours, m.Unit.One())
		}
	}
	return b.String()
}
