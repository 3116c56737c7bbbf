package web_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for value, want := range map[string]struct {
		d  time.Duration
		ok bool
	}{
		"":                                  {0, false},
		"0":                                 {0, true},
		"30":                                {30 * time.Second, true},
		" 30 ":                              {30 * time.Second, true},
		"86401":                             {24 * time.Hour, true},
		"99999999999999999999999":           {24 * time.Hour, true},
		"-1":                                {0, false},
		"1.5":                               {0, false},
		"soon":                              {0, false},
		"Wed, 04 Mar 2026 05:06:17 GMT":     {10 * time.Second, true},
		"Wednesday, 04-Mar-26 05:06:17 GMT": {10 * time.Second, true},
		"Wed, 04 Mar 2026 05:06:06 GMT":     {0, true},
		"Wed, 04 Mar 2099 05:06:07 GMT":     {24 * time.Hour, true},
	} {
		if d, ok := web.RetryAfter(value, now, 24*time.Hour); d != want.d || ok != want.ok {
			t.Errorf("RetryAfter(%q) = %v, %v; want %v", value, d, ok, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "30", "-1", "1e3", "Wed, 04 Mar 2026 05:06:17 GMT", "99999999999999999999", "²"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if d, ok := web.RetryAfter(value, now, 24*time.Hour); d < 0 || d > 24*time.Hour || d > 0 && !ok {
			t.Errorf("RetryAfter(%q) = %v, %v", value, d, ok)
		}
	})
}
