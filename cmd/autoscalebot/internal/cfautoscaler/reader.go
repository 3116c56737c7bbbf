package cfautoscaler

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Guess returns the format of a document.
func Guess(root *document.Node) Format {
	switch {
	case root.Get("instance_limits") != nil:
		return Manifest
	case root.Get("instance_min_count") != nil || root.Get("instance_max_count") != nil:
		return Policy
	}
	return Autoscale
}

// Read reads a manifest or a policy as of now. Its error is a [document.Mistakes] with all mistakes.
func Read(root *document.Node, format Format, now time.Time) (*Plan, error) {
	r := &reader{}
	var p *Plan
	switch {
	case root.Kind != document.Map:
		r.wrong(root, "must be a map of keys and values, not %v", root.Kind)
	case format == Manifest:
		p = r.manifest(root, now)
		p.now = now
	default:
		p = r.policy(root, now)
	}
	if len(r.mistakes) == 0 {
		r.fits(p, root)
	}
	if len(r.mistakes) > 0 {
		return nil, r.mistakes
	}
	slices.SortStableFunc(r.notes, func(a, b document.Mistake) int { return a.Line - b.Line })
	var notes []string
	for _, n := range r.notes {
		notes = append(notes, fmt.Sprintf("line %d: %s", n.Line, n.What))
	}
	p.Notes = append(notes, p.Notes...)
	return p, nil
}

// A settings file must be able to hold the schedule too.
func (r *reader) fits(p *Plan, root *document.Node) {
	low, high := p.Tables()
	rows := max(strings.Count(low, ", "), strings.Count(high, ", ")) + 1
	if size := len(p.Autoscale()); rows > schedule.MaxRows || size > document.MaxBytes {
		r.wrong(root, "the schedules need %d rows and %d KiB here: must be at most %d rows, in a settings file "+
			"of at most "+
			"%d KiB",
			rows, size>>10, schedule.MaxRows, document.MaxBytes>>10)
	}
}

type reader struct {
	mistakes document.Mistakes
	notes    []document.Mistake // on parts without effect, or with an unexpected one
	platform bool               // for a document of the platform: its validator accepts unknown keys
	unknown  map[string]bool
}

func (r *reader) note(line int, format string, args ...any) {
	r.notes = append(r.notes, document.Mistake{Line: line, What: fmt.Sprintf(format, args...)})
}

func (r *reader) wrong(n *document.Node, format string, args ...any) {
	r.mistakes = append(r.mistakes, document.Mistake{Line: n.Line, What: fmt.Sprintf(format, args...)})
}

// Unknown keys of a document of the platform are noted once each. In a settings file they are mistakes.
func (r *reader) keys(n *document.Node, what string, known ...string) bool {
	if n.Kind != document.Map {
		r.wrong(n, "%s must be a map with %s, not %v", what, strings.Join(known, ", "), n.Kind)
		return false
	}
	for _, p := range n.Pairs {
		switch {
		case slices.Contains(known, p.Key):
		case r.platform:
			r.ignored(what, p, known)
		default:
			r.mistakes = append(r.mistakes,
				document.Mistake{
					Line: p.Line,
					What: fmt.Sprintf("%s has no %s; its keys are %s", what, spelling.Shown(p.Key, known),
						strings.Join(known, ", ")),
				})
		}
	}
	return true
}

var withoutEffect = []string{
	"configuration", "credential-type", "schema-version", "stat_window_secs",
	"stats_window_secs",
}

func (r *reader) ignored(what string, p document.Pair, known []string) {
	if r.unknown[what+p.Key] {
		return
	}
	if r.unknown == nil {
		r.unknown = map[string]bool{}
	}
	r.unknown[what+p.Key] = true
	hint := ""
	if meant, ok := spelling.Meant(p.Key, known); ok && !slices.Contains(withoutEffect, p.Key) {
		hint = ". Did you mean " + meant + "?"
	}
	r.note(p.Line, "%.60q of %s has no effect here%s", spelling.Shown(p.Key, known), what, hint)
}

func (r *reader) items(n *document.Node, key string) []*document.Node {
	list := n.Get(key)
	switch {
	case list == nil || list.Kind == document.Nothing:
		return nil
	case list.Kind != document.List:
		r.wrong(list, "%s must be a list, not %v", key, list.Kind)
		return nil
	}
	return list.Items
}

// ok is false if the key is missing or has no text.
func (r *reader) text(n *document.Node, key string, needed bool) (text string, ok bool) {
	v := n.Get(key)
	switch {
	case v == nil || v.Kind == document.Nothing:
		if needed {
			r.wrong(n, "%s is missing", key)
		}
		return "", false
	case v.Kind != document.Scalar:
		r.wrong(v, "%s must be one value, not %v", key, v.Kind)
		return "", false
	}
	return v.Text, true
}

func (r *reader) whole(n *document.Node, key string, needed bool, least, most int) (i int, ok bool) {
	text, ok := r.text(n, key, needed)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(text)
	switch {
	case r.spelled(n.Get(key), key):
		return 0, false
	case err != nil || i < least || i > most:
		r.wrong(n.Get(key), "%s is %.60q: must be a whole number from %d to %d", key, text, least, most)
		return 0, false
	}
	return i, true
}

func (r *reader) number(n *document.Node, key string, needed bool) (f float64, ok bool) {
	text, ok := r.text(n, key, needed)
	if !ok {
		return math.NaN(), false
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case r.spelled(n.Get(key), key):
		return math.NaN(), false
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		r.wrong(n.Get(key), "%s is %.60q: must be a number", key, text)
		return math.NaN(), false
	}
	return f, true
}

var octal = regexp.MustCompile(`^[+-]?0[0-9_]+$`)

// App Autoscaler refuses numbers in quotes. Readers disagree on numbers with a leading zero.
func (r *reader) spelled(n *document.Node, key string) bool {
	_, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case n.Quoted && err == nil:
		r.wrong(n, "%s is %.60q: must be a number without quotes", key, n.Text)
	case n.Quoted:
		r.wrong(n, "%s is %.60q: must be a number", key, n.Text)
	case octal.MatchString(n.Text):
		r.wrong(n, "%s is %.60q: must not begin with 0, as octal numbers do", key, n.Text)
	default:
		return false
	}
	return true
}

const mostInstances = 10000
