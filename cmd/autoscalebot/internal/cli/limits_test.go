//go:build unix

package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// The built binary runs as a bot whose limits people replace for a time.
func TestLimitsOfARunningBot(t *testing.T) {
	t.Parallel() // waits more than it computes
	app := newHeart(t)
	app.answer(takes(20 * time.Millisecond))
	env, dynos := counted(t, app, "2")
	env = append(env, "XDG_RUNTIME_DIR="+t.TempDir(), "MAX_DYNOS=0:00=4,3:00=4,2099-01-01 0:00=9", "TIME_ZONE=Asia/Kathmandu",
		"MAX_RESPONSE_TIME_IN_MS=270", "MANUAL_HOLD_IN_MINUTES=0")
	b := start(t, nil, env...)
	b.wait("an answer", func() bool { return runOnce(t, env, "status").code == exitFine })
	said := func(code int, want string, args ...string) {
		t.Helper()
		o := runOnce(t, env, append([]string{"limits"}, args...)...)
		if o.code != code || !strings.Contains(o.stdout+o.stderr, want) {
			t.Errorf("limits %v: code %d, want %d with %q\n%s%s", args, o.code, code, want, o.stdout, o.stderr)
		}
	}
	said(exitFine, "limits now: 1 to 4 instances\n")
	said(exitFine, " set limits of 3 to 9 instances until ", "3..9", "for", "3d")
	b.wait("3 instances", func() bool { return dynos() == "3" })
	said(exitFine, "limits now: 3 to 9 instances\n1. ")
	said(exitWork, "the override of the limits would end too late: must be within 8784h", "5..6", "from", "2099-01-01", "2:30", "for", "2", "hours")
	later := time.Now().In(time.FixedZone("", 5*3600+45*60)).AddDate(0, 0, 10).Format(time.DateOnly)
	said(exitFine, "\n2. ", "5..6", "from", later, "23:30", "for", "5", "days")
	said(exitFine, later+" 23:30 ")
	said(exitFine, "\nFor the same limits next year, with your dates:\n  MIN_DYNOS=\"0:00=1, ", "7..8", "from", "in", "200", "days", "for", "a", "day")
	said(exitFine, "limits now: 3 to 9 instances\n1. ", "auto", "2")
	said(exitWork, "there is no override 3 of the limits: 2 are in the list of autoscalebot limits", "auto", "3")
	said(exitWork, "the bot refused: 10 is above 9, the largest number in MAX_DYNOS", "2-10", "for", "1h")
	said(exitFine, "limits now: 1 to 4 instances\n", "auto")
	b.terminate()
}

func TestArgumentsOfLimits(t *testing.T) {
	for _, c := range []struct {
		args string
		want limitsArgs
	}{
		{"", limitsArgs{shows: true}},
		{"auto", limitsArgs{auto: true}},
		{"auto 2", limitsArgs{auto: true, number: 2}},
		{"10..20 for 3d", limitsArgs{limits: schedule.Limits{Min: 10, Max: 20}, lasts: lasting{length: 72 * time.Hour}}},
		{"10-20 90", limitsArgs{limits: schedule.Limits{Min: 10, Max: 20}, lasts: lasting{length: 90 * time.Minute}}},
		{"1..2 from fri 8:00 until mon 8:00", limitsArgs{limits: schedule.Limits{Min: 1, Max: 2}, from: "fri 8:00", lasts: lasting{until: "mon 8:00"}}},
		{"1..2 from tomorrow for 2 days", limitsArgs{limits: schedule.Limits{Min: 1, Max: 2}, from: "tomorrow", lasts: lasting{length: 48 * time.Hour}}},
	} {
		if got, err := parseLimits(strings.Fields(c.args)); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.args, got, err, c.want)
		}
	}
	for args, want := range map[string]string{
		"10":                     `"10": must be the minimum and the maximum, as in: autoscalebot limits 10..20 for 3d`,
		"10..x for 3d":           `"10..x": must be the minimum and the maximum, as in: autoscalebot limits 10..20 for 3d`,
		"20..10 for 3d":          `"20..10": the minimum 20 is above the maximum 10`,
		"10..20":                 "the end is missing, as in: autoscalebot limits 10..20 for 3d",
		"10..20 from fri 8:00":   "the end is missing, as in: autoscalebot limits 10..20 for 3d",
		"10..20 from for 3d":     "the time is missing after from, as in: autoscalebot limits 10..20 from fri 8:00 for 3d",
		"10..20 until":           "the time is missing after until, as in: autoscalebot limits 10..20 for 3d",
		"auto x":                 "invalid arguments after auto: must be the number of an override in the list of autoscalebot limits, or nothing",
		"auto 0":                 "invalid arguments after auto: must be the number of an override in the list of autoscalebot limits, or nothing",
		"auto 1 2":               "invalid arguments after auto: must be the number of an override in the list of autoscalebot limits, or nothing",
		"123456..999999 for 3d":  `"123456..999999": must be the minimum and the maximum, as in: autoscalebot limits 10..20 for 3d`,
		"10..20 for 3 fortnight": `"3 fortnight": must be a duration such as 90m, 2h, 1d12h or 2 days. To set the end, write until and a time, as in: autoscalebot limits 10..20 for 3d`,
	} {
		if _, err := parseLimits(strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}

func TestThePeriodOfLimits(t *testing.T) {
	zone := time.FixedZone("NPT", 5*3600+45*60)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, zone) // a Tuesday
	for args, want := range map[string]string{
		"1..2 from fri 8:00 until mon 8:00":          "Fri 27 08:00 until Mon 30 08:00",
		"1..2 from fri 8:00 until fri 20:00":         "Fri 27 08:00 until Fri 27 20:00",
		"1..2 until mon 8:00":                        "now until Mon 30 08:00",
		"1..2 from 2026-11-28 for 2 days":            "Sat 28 00:00 for 48h0m0s",
		"1..2 for 3d":                                "now for 72h0m0s",
		"1..2 from 2026-11-20 8:00 until 2026-11-30": "invalid argument:\n  from: " + `"2026-11-20 8:00" is 2026-11-20 08:00 NPT, which is not in the future`,
		"1..2 from fri 8:00 until 2026-11-26":        "invalid argument:\n  until: " + `"2026-11-26" is 2026-11-26 00:00 NPT, which is not in the future, seen from 2026-11-27 08:00 NPT`,
	} {
		a, err := parseLimits(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		from, end, err := a.period(now, zone)
		got := "now"
		switch {
		case err != nil:
			got = err.Error()
		case !from.IsZero():
			got = from.Format("Mon 2 15:04")
		}
		switch {
		case err != nil:
		case end.For > 0:
			got += " for " + end.For.String()
		default:
			got += " until " + end.Until.Format("Mon 2 15:04")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}
