package settings_test

import (
	"testing"
	"time"
)

func TestFlap(t *testing.T) {
	const two = "the bot would remove a dyno and add it again for ever: with 1 instead of 2 dynos, each has 2/1 of its load, so a heartbeat just below MIN_RESPONSE_TIME_IN_MS becomes 600 × 2/1 = 1200 ms, " +
		"not below MAX_RESPONSE_TIME_IN_MS (1000). Set MIN_RESPONSE_TIME_IN_MS below 500"
	for _, c := range []struct {
		env  []string
		want string
	}{
		{nil, ""},
		{[]string{"MIN_RESPONSE_TIME_IN_MS=499"}, ""},
		{[]string{"MIN_RESPONSE_TIME_IN_MS=600"}, two},
		{[]string{"MIN_RESPONSE_TIME_IN_MS=600", "MIN_DYNOS=2"}, ""}, // 600 × 3/2 = 900
		{[]string{"MIN_RESPONSE_TIME_IN_MS=600", "MIN_DYNOS=3"}, ""}, // no dyno can be removed
		{[]string{"MIN_RESPONSE_TIME_IN_MS=0", "MAX_RESPONSE_TIME_IN_MS=0"}, ""},
	} {
		env(t, c.env...)
		s := loaded(t)
		if got := s.Flap(time.Now()); got != c.want {
			t.Errorf("%v:\n%s\nwant\n%s", c.env, got, c.want)
		}
	}
}
