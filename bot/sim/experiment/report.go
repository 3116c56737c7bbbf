package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Report is the result of one or more policies on one demand.
type Report struct {
	// Demand names the demand, such as "the shape flash".
	Demand string
	// Peak is the number of dynos that the largest demand needs, 0 if it was not scaled.
	Peak float64
	// Start is the start of the demand. Times are written in Zone; nil is UTC.
	Start time.Time
	Zone  *time.Location
	Fleet sim.Fleet
	// Bound is the response time above which an answer is slow.
	Bound time.Duration
	// Limits are the smallest minimum and the largest maximum.
	Limits schedule.Limits
	// Price is the price of a dyno a month, in dollars; 0 omits costs.
	Price float64
	// Results has at least one result.
	Results []sim.Result
}

type figure struct {
	name, unit string
	value      func(sim.Result) float64
	decimals   int
	meaning    string
}

func (r Report) figures() []figure {
	all := []figure{
		{
			"slow minutes", "%", func(s sim.Result) float64 { return s.SlowMinutesPercent }, 2,
			fmt.Sprintf("minutes in which more than one request in 20 took longer than %v, or was lost", r.Bound),
		},
		{
			"slow requests", "%", func(s sim.Result) float64 { return s.SlowRequestsPercent }, 2,
			"requests that took longer than that, or were lost",
		},
		{
			"lost", "%", func(s sim.Result) float64 { return s.LostPercent }, 3,
			"requests that the router gave up, or that found no dyno",
		},
		{
			"dyno-hours", "", func(s sim.Result) float64 { return s.DynoHours }, 1,
			"billed from the command that adds a dyno to the one that removes it",
		},
		{
			"dollars", "", func(s sim.Result) float64 { return s.Dollars }, 2,
			fmt.Sprintf("price of the dyno-hours, at $%g a dyno a month", r.Price),
		},
		{
			"÷ oracle", "", func(s sim.Result) float64 { return s.OracleRatio }, 2,
			fmt.Sprintf("dyno-hours divided by those of the oracle, which knows the load of the next %g s",
				r.Fleet.Foresight().Seconds()),
		},
		{"scale-ups", "", func(s sim.Result) float64 { return float64(s.Ups) }, 0, "times that dynos were added"},
		{"scale-downs", "", func(s sim.Result) float64 { return float64(s.Downs) }, 0, "times that dynos were removed"},
		{"flips", "", func(s sim.Result) float64 { return float64(s.Flips) }, 0, "changes back within 10 minutes"},
		{
			"θ under", "%", func(s sim.Result) float64 { return s.Elasticity.UnderAccuracy }, 2,
			"missing dynos, as a share of those needed (SPEC)",
		},
		{
			"θ over", "%", func(s sim.Result) float64 { return s.Elasticity.OverAccuracy }, 1,
			"surplus dynos, as a share of those needed (SPEC)",
		},
		{
			"τ under", "%", func(s sim.Result) float64 { return s.Elasticity.UnderTimeshare }, 1,
			"share of the time with missing dynos (SPEC)",
		},
		{
			"τ over", "%", func(s sim.Result) float64 { return s.Elasticity.OverTimeshare }, 1,
			"share of the time with surplus dynos (SPEC)",
		},
		{
			"instability", "%", func(s sim.Result) float64 { return s.Elasticity.Instability }, 1,
			"share of the minutes in which supply and demand move differently (SPEC)",
		},
	}
	if r.Price == 0 {
		all = append(all[:4], all[5:]...)
	}
	return all
}

func (f figure) text(s sim.Result) string { return fmt.Sprintf("%.*f", f.decimals, f.value(s)) }

// Text writes the report for a terminal.
func (r Report) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s\n%s\n\n", r.title(), r.setup())
	if len(r.Results) == 1 {
		return r.one(w)
	}
	return r.several(w)
}

func (r Report) one(w io.Writer) error {
	s := r.Results[0]
	r.lines(w, s)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.figures() {
		fmt.Fprintf(tw, "%s\t%8s %1s\t%s\n", f.name, f.text(s), f.unit, f.meaning)
	}
	return tw.Flush()
}

func (r Report) several(w io.Writer) error {
	shown := r.figures()
	shown = shown[:len(shown)-5] // the SPEC figures are in the JSON
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "policy\t")
	for _, f := range shown {
		fmt.Fprintf(tw, "%s\t", strings.TrimSpace(f.name+" "+f.unit))
	}
	fmt.Fprintln(tw)
	for _, s := range r.Results {
		fmt.Fprintf(tw, "%s\t", s.Policy)
		for _, f := range shown {
			fmt.Fprintf(tw, "%s\t", f.text(s))
		}
		fmt.Fprintln(tw)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range shown {
		fmt.Fprintf(tw, "%s\t%s\n", f.name, f.meaning)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(r.aboutOracle(), "\n"))
	return err
}

// The column that newcomers ask about, in words and with one of the results.
func (r Report) aboutOracle() []string {
	lines := []string{
		"The oracle is a policy that cannot exist: it knows the load in advance, and always runs just enough dynos.",
		"1.00 means as many dyno-hours as the oracle's. Below 1.00 a policy at times ran too few dynos.",
	}
	for _, s := range r.Results {
		if over := math.Round(100 * (s.OracleRatio - 1)); over != 0 && s.Policy != "oracle" && s.OracleRatio > 0 {
			what := "more"
			if over < 0 {
				over, what = -over, "fewer"
			}
			return append(lines, fmt.Sprintf("For example, %s used %.0f %% %s dyno-hours than the oracle, and "+
				"%.2f %% of its minutes were slow.", s.Policy, over, what, s.SlowMinutesPercent))
		}
	}
	return lines
}

func (r Report) title() string {
	s := r.Results[0]
	text := fmt.Sprintf("%s for %s: %s requests", r.Demand, span(s.Hours), count(float64(s.Requests)))
	if r.Peak > 0 {
		text += fmt.Sprintf(", a peak of %g dynos", r.Peak)
	}
	text += fmt.Sprintf(", seed %d", s.Seed)
	if len(r.Results) == 1 {
		return s.Policy + " on " + text
	}
	return text
}

func (r Report) setup() string {
	f := r.Fleet
	text := fmt.Sprintf("%d slots a dyno; an answer takes %v (coefficient of variation %g), a boot %v to %v; %v; "+
		"%d to %d dynos",
		f.Slots, f.Service.Mean, f.Service.CV, f.BootMin, f.BootMax, routerText(f.Router), r.Limits.Min, r.Limits.Max)
	if f.Database.Slots > 0 {
		text += fmt.Sprintf("; a database of %d slots takes %v of each request", f.Database.Slots,
			f.Database.Service.Mean)
	}
	return text
}

func routerText(r sim.Router) string {
	switch r {
	case sim.LeastConnections:
		return "a router that picks the dyno with the fewest requests"
	case sim.TwoChoices:
		return "a router that picks the better of two random dynos"
	}
	return "a random router"
}

func span(hours float64) string {
	switch {
	case hours >= 48:
		return fmt.Sprintf("%.3g days", hours/24)
	case hours < 2:
		return fmt.Sprintf("%.3g minutes", 60*hours)
	}
	return fmt.Sprintf("%.3g hours", hours)
}

func count(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.3g million", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.3g thousand", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// JSON writes the report as one object: the result, or an object with all results.
func (r Report) JSON(w io.Writer) error {
	type setup struct {
		Demand  string          `json:"demand"`
		Peak    float64         `json:"peak_dynos,omitempty"`
		BoundMS float64         `json:"bound_ms"`
		Limits  schedule.Limits `json:"limits"`
		Price   float64         `json:"price_per_month,omitempty"`
	}
	s := setup{r.Demand, r.Peak, r.Bound.Seconds() * 1000, r.Limits, r.Price}
	results := make([]sim.Result, len(r.Results))
	for i, result := range r.Results {
		results[i] = result
		results[i].Minutes = nil // they are in the pictures
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if len(results) == 1 {
		return out.Encode(struct {
			sim.Result
			setup
		}{results[0], s})
	}
	return out.Encode(struct {
		setup
		Results []sim.Result `json:"results"`
	}{s, results})
}
