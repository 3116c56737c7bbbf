package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cost"
)

func TestCostByMonth(t *testing.T) {
	month := func(m time.Month) (begin, end time.Time) {
		begin = time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 1, 0)
	}
	begin, end := month(time.November)
	over := bill{"2026-11", "web", "", cost.Month{
		Begin: begin, End: end, Until: end, First: begin.AddDate(0, 0, 2), Peak: 5, UnknownHours: 51.5,
		Lines: []cost.Line{{Size: "Standard-1X", Price: 25, Sum: cost.Sum{DynoHours: 2000, Dollars: 69.444}}, {Size: "Standard-2X", Price: 50, Sum: cost.Sum{DynoHours: 100, Dollars: 6.944}}},
		Total: cost.Sum{DynoHours: 2100, Dollars: 76.388}, Maximum: cost.Sum{DynoHours: 5760, Dollars: 200}, Constant: cost.Sum{DynoHours: 3600, Dollars: 125},
	}}
	begin, end = month(time.December)
	running := bill{"2026-12", "web", "", cost.Month{
		Begin: begin, End: end, Until: begin.Add(16 * time.Hour), First: begin, Peak: 5, Lines: []cost.Line{{Price: 25, Sum: cost.Sum{DynoHours: 56, Dollars: 1.88}}},
		Total: cost.Sum{DynoHours: 56, Dollars: 1.88}, Maximum: cost.Sum{DynoHours: 128, Dollars: 4.3}, Constant: cost.Sum{DynoHours: 80, Dollars: 2.69},
		Forecast: &cost.Sum{DynoHours: 2600, Dollars: 87.37}, Average: 3.5,
	}}
	var out strings.Builder
	if err := printMonths(&out, []bill{over, running}, time.UTC); err != nil {
		t.Fatal(err)
	}
	out.WriteString("--\n")
	for _, b := range []bill{over, running} {
		if err := printMonth(&out, []bill{b}, time.UTC); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/cost.golden", out.String())
}
