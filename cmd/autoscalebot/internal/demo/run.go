package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Run is a run of the demo: the stories of one app, or of several under the same load.
type Run struct {
	// Start is the start of the load. End is its planned end; zero without one.
	Start, End time.Time
	// Load is the load that every app gets.
	Load    Wave
	Stories []*Story
}

// Begin sets the start, and the planned end after a time; 0 plans none.
func (r *Run) Begin(now time.Time, length time.Duration) {
	r.Start = now
	if length > 0 {
		r.End = now.Add(length)
	}
	for _, s := range r.Stories {
		s.Start, s.End = r.Start, r.End
	}
}

// Next is the hint at the end of a run.
const Next = "Next: autoscalebot init"

// Text returns the totals up to end, as lines of text.
func (r *Run) Text(end time.Time) string {
	var b strings.Builder
	for _, s := range r.Stories {
		if len(r.Stories) > 1 {
			fmt.Fprintf(&b, "%s:\n", s.name())
		}
		b.WriteString(s.Sum(end).String())
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", r.Verdict(end), Next)
	return b.String()
}

const counting = "counting"

func (s *Story) name() string {
	switch {
	case s.Pool != nil:
		return "pool"
	case s.Policy == Adaptive:
		return "adaptive policy"
	}
	return counting
}

// Verdict returns the result up to end in one sentence: what each policy had, and what it cost.
func (r *Run) Verdict(end time.Time) string {
	var clauses []string
	var requests int64
	for i, s := range r.Stories {
		sum := s.Sum(end)
		if sum.Heartbeats == 0 {
			return "The demo ended before its first heartbeat."
		}
		clauses = append(clauses, s.clause(sum, i == 0, i > 0 && sum.Requests == requests))
		requests = sum.Requests
	}
	text := strings.Join(clauses, "; ")
	if len(r.Stories) == 1 {
		sum := r.Stories[0].Sum(end)
		text += fmt.Sprintf("; %s all the time would have cost %s", sum.unit.Of(sum.Max),
			thousands(sum.FixedDynoSeconds))
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// The first clause names the units. Another clause leaves out a number of requests that is the same as before.
func (s *Story) clause(sum Summary, first, same bool) string {
	who := "the " + s.name()
	if s.name() == counting {
		who = counting
	}
	text := fmt.Sprintf("%s had %s", who, thousands(float64(sum.Slow)))
	if first {
		text += plural(sum.Slow, " slow request", " slow requests")
	}
	if !same {
		text += " of " + thousands(float64(sum.Requests))
	}
	switch unanswered := thousands(float64(sum.Unanswered)); {
	case sum.Unanswered == 0:
	case sum.Unanswered == sum.Slow:
		text += plural(sum.Unanswered, ", unanswered,", ", all unanswered,")
	default:
		text += ", " + unanswered + " of them unanswered,"
	}
	text += " for " + thousands(sum.DynoSeconds)
	if first {
		text += " " + sum.unit.One() + "-seconds"
	}
	return text
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// A whole number with commas, such as 2,310.
func thousands(x float64) string {
	text := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
