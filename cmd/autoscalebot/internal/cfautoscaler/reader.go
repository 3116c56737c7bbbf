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

// Guess says in which form a document is written.
func Guess(root *document.Node) Format {
	switch {
	case root.Get("instance_limits") != nil:
		return Manifest
	case root.Get("instance_min_count") != nil || root.Get("instance_max_count") != nil:
		return Policy
	}
	return Autoscale
}

// Read reads a manifest or a policy as it stands at now. Its error is the [document.Mistakes], all of them.
func Read(root *document.Node, format Format, now time.Time) (*Plan, error) {
	r := &reader{}
	var p *Plan
	switch {
	case root.Kind != document.Map:
		r.wrong(root, "it is %v; write a map of keys and values", root.Kind)
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

// A settings file has to hold the tables too.
func (r *reader) fits(p *Plan, root *document.Node) {
	low, high := p.Tables()
	rows := max(strings.Count(low, ", "), strings.Count(high, ", ")) + 1
	if size := len(p.Autoscale()); rows > schedule.MaxRows || size > document.MaxBytes {
		r.wrong(root, "its schedules make a table of %d rows in %d KiB; a table may have %d rows, and a settings "+
			"file %d KiB",
			rows, size>>10, schedule.MaxRows, document.MaxBytes>>10)
	}
}

type reader struct {
	mistakes document.Mistakes
	notes    []document.Mistake // what is read and has no effect, or not the expected one
	platform bool               // the document is one of the platform's, whose own validator takes unknown keys
	unknown  map[string]bool
}

func (r *reader) note(line int, format string, args ...any) {
	r.notes = append(r.notes, document.Mistake{Line: line, What: fmt.Sprintf(format, args...)})
}

func (r *reader) wrong(n *document.Node, format string, args ...any) {
	r.mistakes = append(r.mistakes, document.Mistake{Line: n.Line, What: fmt.Sprintf(format, args...)})
}

// keys notes other keys, which have no effect, once each.
func (r *reader) keys(n *document.Node, what string, known ...string) bool {
	if n.Kind != document.Map {
		r.wrong(n, "%s is %v; write a map with %s", what, n.Kind, strings.Join(known, ", "))
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
					What: fmt.Sprintf("%s has no %s; there are %s", what, spelling.Shown(p.Key, known),
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
		hint = "; did you mean " + meant + "?"
	}
	r.note(p.Line, "%.60q of %s has no effect here%s", spelling.Shown(p.Key, known), what, hint)
}

func (r *reader) items(n *document.Node, key string) []*document.Node {
	list := n.Get(key)
	switch {
	case list == nil || list.Kind == document.Nothing:
		return nil
	case list.Kind != document.List:
		r.wrong(list, "%s is %v; write a list", key, list.Kind)
		return nil
	}
	return list.Items
}

// ok is false where the key is missing.
func (r *reader) text(n *document.Node, key string, needed bool) (text string, ok bool) {
	v := n.Get(key)
	switch {
	case v == nil || v.Kind == document.Nothing:
		if needed {
			r.wrong(n, "%s is missing", key)
		}
		return "", false
	case v.Kind != document.Scalar:
		r.wrong(v, "%s is %v; write one value", key, v.Kind)
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
		r.wrong(n.Get(key), "%s is %.60q; write a whole number from %d to %d", key, text, least, most)
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
		r.wrong(n.Get(key), "%s is %.60q; write a number", key, text)
		return math.NaN(), false
	}
	return f, true
}

var octal = regexp.MustCompile(`^[+-]?0[0-9_]+$`)

// spelled refuses a number that is a text, or on whose value readers differ.
func (r *reader) spelled(n *document.Node, key string) bool {
	_, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case n.Quoted && err == nil:
		r.wrong(n, "%s is %.60q in quotes, which is a text; write it without quotes", key, n.Text)
	case n.Quoted:
		r.wrong(n, "%s is %.60q; write a number", key, n.Text)
	case octal.MatchString(n.Text):
		r.wrong(n, "%s is %.60q, which begins with 0, as octal numbers do; write it without", key, n.Text)
	default:
		return false
	}
	return true
}

const mostInstances = 10000
