//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
)

// check names rows that never apply on some of their days, and is silent about schedules without such rows.
func TestCheckNamesRowsThatNeverBegin(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "PLATFORM=command", "COUNT_COMMAND=echo 2", "SCALE_COMMAND=true", "HEARTBEAT_URL=http://127.0.0.1:9/", "CONTROL_URL=none", "HISTORY=none"}
	const never = "never begins"
	for _, c := range []struct {
		env  []string
		want []string
	}{
		{[]string{"MAX_DYNOS=0:00=3, mon-fri 8:00=5, 20:00=2"}, []string{"MAX_DYNOS: 20:00=2 " + never, "Mon–Fri", "mon-fri 20:00=2"}},
		{[]string{`MIN_DYNOS={"0:00": 1, "sat,sun 8:00": 2}`}, []string{"MIN_DYNOS: 0:00=1 " + never, "Sat, Sun", "sat,sun 0:00=1"}},
		{[]string{"MAX_DYNOS=0:00=3, mon-fri 8:00=5, mon-fri 20:00=3"}, nil},
		{[]string{"MAX_DYNOS=3"}, nil},
	} {
		o := runOnce(t, append(env, c.env...), "check")
		for _, want := range c.want {
			if !strings.Contains(oneSpaced(o.stdout), want) {
				t.Errorf("%v: check does not say %q:\n%s%s", c.env, want, o.stdout, o.stderr)
			}
		}
		if c.want == nil && strings.Contains(o.stdout, never) {
			t.Errorf("%v: check says of a row that it never begins:\n%s", c.env, o.stdout)
		}
	}
}
