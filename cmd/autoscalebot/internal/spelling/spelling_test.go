package spelling_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

func TestNearest(t *testing.T) {
	names := []string{"MAX_DYNOS", "MIN_DYNOS", "INCREMENT"}
	for name, want := range map[string]string{"MIM_DYNOS": "MIN_DYNOS", "MAXDYNOS": "MAX_DYNOS", "INKREMENT": "INCREMENT", "MBN_DYNOS": "MIN_DYNOS", "M_DYNOS": "MAX_DYNOS"} {
		if got := spelling.Nearest(name, names); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
