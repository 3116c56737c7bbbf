package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// The types of settings. envconfig calls Decode, whose error says what would be valid. The loader adds the name of the
// setting and, if it is not a secret, the value.
type (
	// Text is any text.
	Text string
	// Word is a text in any case. It is stored in lower case.
	Word string
	// Secret is a text that is never shown.
	Secret string
	// Bool is true or false.
	Bool bool
	// Number is a whole number, 0 or more.
	Number int
	// Quorum is a number in a row, such as "3", or of the newest, such as "3/5".
	Quorum struct{ decide.Quorum }
	// Step is a number of dynos, such as "2", or a share of the current dynos, such as "50%". Zero if it is not set.
	Step struct{ decide.Step }
	// Share is a fraction from 0 to 0.5.
	Share float64
	// Samples is a whole number from 1 to 20.
	Samples int
	// Percent is above 0 and at most 100.
	Percent float64
	// Dollars is an amount of money, 0 or more.
	Dollars float64
	// Millis is a number of milliseconds, 0 or more.
	Millis float64
	// Seconds is a duration written in seconds, above 0.
	Seconds time.Duration
	// Seconds0 is a duration written in seconds, 0 or more.
	Seconds0 time.Duration
	// Days is a duration written in days, 1 or more.
	Days time.Duration
	// Minutes is a duration written in minutes, 0 or more.
	Minutes time.Duration
	// List is a list of texts, separated by commas.
	List []string
	// Port is the number of a TCP port.
	Port int
	// Zone is a time zone by its IANA name.
	Zone struct{ *time.Location }
)

// The bound is far below the overflow of a duration.
const longest = 366 * 24 * time.Hour

// Decode accepts any text.
func (t *Text) Decode(s string) error {
	*t = Text(strings.TrimSpace(s))
	return nil
}

// Decode accepts any text.
func (w *Word) Decode(s string) error {
	*w = Word(strings.ToLower(strings.TrimSpace(s)))
	return nil
}

// Decode accepts any text: an error would quote the secret.
func (s *Secret) Decode(text string) error {
	*s = Secret(strings.TrimSpace(text))
	return nil
}

// String hides the secret. It is "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret in %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal returns the secret.
func (s Secret) Reveal() string { return string(s) }

// Decode reads true or false, as people, shells and Python write them.
func (b *Bool) Decode(s string) error {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "yes", "on", "t", "y":
		*b = true
	case "false", "0", "no", "off", "f", "n", "none":
		*b = false
	default:
		return errors.New("must be true or false")
	}
	return nil
}

// Decode reads a whole number.
func (n *Number) Decode(s string) error {
	return whole(n, s, 0, math.MaxInt, "must be a whole number, 0 or more")
}

// Decode reads a port.
func (p *Port) Decode(s string) error {
	return whole(p, s, 1, 65535, "must be a port from 1 to 65535, such as 80 or 8080")
}

// Decode reads a number of days, whole or not, from 1 to 3660.
func (d *Days) Decode(s string) error {
	return number(d, s, 24*time.Hour, func(f float64) bool { return f >= 1 && f <= 3660 },
		"must be a number of days from 1 to 3660")
}

// Decode reads N or N/M.
func (q *Quorum) Decode(s string) error {
	text, of, two := strings.Cut(s, "/")
	n, err := strconv.Atoi(strings.TrimSpace(text))
	m := n
	if two && err == nil {
		m, err = strconv.Atoi(strings.TrimSpace(of))
	}
	if err != nil || n < 1 || m < n || m > 64 {
		return errors.New("must be a whole number from 1 to 64, such as 3 for 3 in a row, or 3/5 for 3 of the last 5")
	}
	q.Quorum = decide.Quorum{N: n, M: m}
	return nil
}

// String returns text such as "3 in a row" or "3 of the last 5".
func (q Quorum) String() string {
	if q.N == q.M {
		return fmt.Sprintf("%d in a row", q.N)
	}
	return fmt.Sprintf("%d of the last %d", q.N, q.M)
}

// Decode reads N or P%.
func (st *Step) Decode(s string) error {
	text, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	if f, err := decimal(text); percent && err == nil && f > 0 && f <= 1000 {
		st.Step = decide.Step{Percent: f}
		return nil
	}
	if n, err := strconv.Atoi(text); !percent && err == nil && n >= 1 {
		st.Step = decide.Step{Dynos: n}
		return nil
	}
	return errors.New("must be a whole number, 1 or more, or a share such as 50%")
}

// String returns text such as "2" or "50 %".
func (st Step) String() string {
	if st.Percent > 0 {
		return fmt.Sprintf("%g %%", st.Percent)
	}
	return strconv.Itoa(st.Dynos)
}

// Decode reads a number from 0 to 0.5.
func (sh *Share) Decode(s string) error {
	return number(sh, s, 1, func(f float64) bool { return f <= 0.5 }, "must be a number from 0 to 0.5, such as 0.1")
}

// One heartbeat must not become a load.
const mostSamples = 20

// Decode reads a whole number from 1 to 20.
func (n *Samples) Decode(s string) error {
	return whole(n, s, 1, mostSamples, fmt.Sprintf("must be a whole number from 1 to %d", mostSamples))
}

// Decode reads a number above 0 and up to 100.
func (p *Percent) Decode(s string) error {
	return number(p, s, 1, func(f float64) bool { return f > 0 && f <= 100 },
		"must be above 0 and at most 100, such as 50 or 90")
}

// Decode reads an amount of dollars.
func (d *Dollars) Decode(s string) error {
	s = strings.TrimPrefix(strings.TrimSpace(s), "$")
	return number(d, s, 1, func(f float64) bool { return f <= 1e9 }, "must be an amount of dollars, such as 150")
}

// Decode reads a number of milliseconds.
func (m *Millis) Decode(s string) error {
	return number(m, s, 1, atMost(time.Millisecond), "must be a number of milliseconds, such as 1000")
}

// Decode reads a number of seconds.
func (d *Seconds) Decode(s string) error {
	return number(d, s, time.Second, func(f float64) bool { return f > 0 && f <= longest.Seconds() },
		"must be a number of seconds above 0, such as 30 or 2.5")
}

// Decode reads a number of seconds, 0 too.
func (d *Seconds0) Decode(s string) error {
	return number(d, s, time.Second, atMost(time.Second), "must be a number of seconds, 0 or more")
}

// Decode reads a number of minutes.
func (d *Minutes) Decode(s string) error {
	return number(d, s, time.Minute, atMost(time.Minute), "must be a number of minutes, 0 or more")
}

func whole[T ~int](to *T, s string, least, most int, want string) error {
	i, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || i < least || i > most {
		return errors.New(want)
	}
	*to = T(i)
	return nil
}

func number[T ~float64 | ~int64](to *T, s string, unit time.Duration, fits func(float64) bool, want string) error {
	f, err := decimal(s)
	if err != nil || !fits(f) {
		return errors.New(want)
	}
	*to = T(f * float64(unit))
	return nil
}

func atMost(unit time.Duration) func(float64) bool {
	return func(f float64) bool { return f <= float64(longest)/float64(unit) }
}

func decimal(s string) (float64, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return 0, err
	}
	if f < 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, errors.New("out of range")
	}
	return f, nil
}

// Decode reads a list.
func (l *List) Decode(s string) error {
	*l = Split(s)
	return nil
}

// Split splits a text at commas, trims spaces, and skips empty parts.
func Split(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Decode reads the name of a time zone.
func (z *Zone) Decode(s string) error {
	name := strings.TrimSpace(s)
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return errors.New("unknown time zone: must be an IANA name, such as Europe/Berlin or America/Vancouver")
	}
	z.Location = loc
	return nil
}
