package adaptive

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs/adaptive.md has the numbers of the code, and shows what decisions say.
func TestDocumentHasTheNumbers(t *testing.T) {
	text, err := os.ReadFile("../../docs/adaptive.md")
	if err != nil {
		t.Fatal(err)
	}
	about := strings.Join(strings.Fields(string(text)), " ")
	cents := func(dynoHours float64) string { return fmt.Sprintf("$%.2g", dynoHours*25/720) }
	for _, want := range []string{
		fmt.Sprintf("hold time of %g minutes, and at most half of them", leastHold.Minutes()),
		fmt.Sprintf("makes the hold time longer, up to %g minutes", mostHold.Minutes()),
		fmt.Sprintf("After a scale-up it waits at least %g minutes", calmAfterUp.Minutes()),
		fmt.Sprintf("If nothing changed for %g hold times", trialFactor),
		fmt.Sprintf("at least %d former weeks or %d former days", weeksNeeded, daysNeeded),
		fmt.Sprintf("and %g %% of the dynos' capacity", 100*capacityShare),
		"`lean` is " + cents(balancedDynoHours/10.0) + " a slow minute, `balanced` " + cents(balancedDynoHours) + "0 and `safe` " + cents(10*balancedDynoHours),
		(&Estimate{Low: 2.9, Likely: 3.4, High: 4.1, Busy: 0.7, Need: 5, Most: 5}).String(),
		(&Estimate{RequestsPerSecond: 210, PerDyno: 46, Need: 5, Most: 5}).String(),
		clause(Estimate{Outliers: 0.12}), clause(Estimate{Beyond: true}),
	} {
		if !strings.Contains(about, want) {
			t.Errorf("docs/adaptive.md does not say %q", want)
		}
	}
	if drainSeconds != 60 || trial(30) != 3 {
		t.Error("docs/adaptive.md says a minute for a backlog, and a tenth for a trial")
	}
}

func clause(e Estimate) string {
	_, text, _ := strings.Cut(strings.TrimPrefix(e.String(), (&Estimate{}).String()), "; ")
	return "`" + text + "`"
}
