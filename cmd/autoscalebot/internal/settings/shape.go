package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func textOf(f reflect.StructField, n *document.Node, at func(line int) string) given {
	w, name := &writer{at: at, line: n.Line}, f.Tag.Get("envconfig")
	switch {
	case n.Kind == document.Scalar:
		g := w.scalar(n)
		return w.given(g.text, g.written)
	case n.Kind == document.List && separator(f) != "":
		return w.list(n, f)
	case n.Kind == document.Map && f.Type == reflect.TypeFor[schedule.Series]():
		return w.pairs(n, ", ")
	case n.Kind == document.Map && f.Type == reflect.TypeFor[Headers]():
		return w.headers(n)
	case n.Kind == document.List && name == rules:
		return w.rules(n)
	case n.Kind == document.Map && name == signals:
		return w.pairs(n, "\n")
	}
	return given{wrong: fmt.Sprintf("must be %s, not %v", wanted(f), n.Kind)}
}

const (
	rules   = "RULES"
	signals = "SIGNALS"
)

// "" for a setting that is not a list.
func separator(f reflect.StructField) string {
	switch f.Type {
	case reflect.TypeFor[schedule.Series](), reflect.TypeFor[List](), reflect.TypeFor[Emails](),
		reflect.TypeFor[Prices](), reflect.TypeFor[Backends](), reflect.TypeFor[FailOn](), reflect.TypeFor[Statuses](),
		reflect.TypeFor[Directions]():
		return ", "
	}
	return f.Tag.Get("list")
}

func wanted(f reflect.StructField) string {
	switch {
	case f.Type == reflect.TypeFor[Headers]():
		return "one value, or a map of names and values"
	case f.Tag.Get("envconfig") == rules:
		return "one value, or a list of rules, each with signal, max and min"
	case f.Tag.Get("envconfig") == signals:
		return "one value, or a map of names and URLs"
	case separator(f) != "":
		return "one value or a list"
	}
	return "one value"
}

type writer struct {
	at    func(line int) string
	line  int
	names []string // the environment variables that were filled in
	wrong string   // the mistakes, a line each
}

func (w *writer) given(text, written string) given {
	return given{text: strings.TrimSpace(text), written: strings.TrimSpace(written), names: w.names, wrong: w.wrong}
}

// The line is named if it differs from the setting's own.
func (w *writer) mistake(line int, format string, args ...any) {
	if w.wrong != "" {
		w.wrong += "\n"
	}
	if line != w.line {
		w.wrong += w.at(line) + ": "
	}
	w.wrong += fmt.Sprintf(format, args...)
}

func (w *writer) scalar(n *document.Node) given {
	if n.Kind != document.Scalar {
		w.mistake(n.Line, "must be one value, not %v", n.Kind)
		return given{}
	}
	text, names, wrong := expand(n.Text)
	if wrong != "" {
		w.mistake(n.Line, "%s", wrong)
	}
	w.names = append(w.names, names...)
	return given{text: text, written: n.Text}
}

func (w *writer) list(n *document.Node, f reflect.StructField) given {
	separator := separator(f)
	var texts, written []string
	for _, item := range n.Items {
		g := w.scalar(item)
		if strings.Contains(g.text, cmp.Or(strings.TrimSpace(separator), separator)) && !mayHold(f, g.text) {
			w.mistake(item.Line, "an item contains the separator. Write several items")
		}
		texts, written = append(texts, g.text), append(written, g.written)
	}
	return w.given(strings.Join(texts, separator), strings.Join(written, separator))
}

// Rows of tables and quoted names of e-mail addresses may contain the separator.
func mayHold(f reflect.StructField, text string) bool {
	switch f.Type {
	case reflect.TypeFor[schedule.Series](), reflect.TypeFor[Prices]():
		return strings.Contains(text, "=")
	case reflect.TypeFor[Emails]():
		return len(splitAddresses(text)) == 1
	}
	return false
}

func (w *writer) pairs(n *document.Node, separator string) given {
	var texts, written []string
	for _, p := range n.Pairs {
		g := w.scalar(p.Value)
		texts, written = append(texts, p.Key+"="+g.text), append(written, p.Key+"="+g.written)
	}
	return w.given(strings.Join(texts, separator), strings.Join(written, separator))
}

func (w *writer) rules(n *document.Node) given {
	var texts, written []string
	for _, item := range n.Items {
		g := given{}
		if item.Kind == document.Map {
			g = w.rule(item)
		} else {
			g = w.scalar(item)
		}
		texts, written = append(texts, g.text), append(written, g.written)
	}
	return w.given(strings.Join(texts, "\n"), strings.Join(written, "\n"))
}

func (w *writer) rule(n *document.Node) given {
	var signal given
	var texts, written []string
	for _, p := range n.Pairs {
		g := w.scalar(p.Value)
		if strings.ContainsAny(g.text, " \t\r\n;") {
			w.mistake(p.Value.Line, "%s must not contain spaces and semicolons", p.Key)
		}
		if p.Key == "signal" {
			signal = g
			continue
		}
		texts, written = append(texts, p.Key+"="+g.text), append(written, p.Key+"="+g.written)
	}
	if signal.text == "" {
		w.mistake(n.Line, "a rule must have the key signal")
	}
	return given{
		text:    strings.Join(append([]string{signal.text}, texts...), " "),
		written: strings.Join(append([]string{signal.written}, written...), " "),
	}
}

func (w *writer) headers(n *document.Node) given {
	texts, written := map[string]string{}, map[string]string{}
	for _, p := range n.Pairs {
		g := w.scalar(p.Value)
		texts[p.Key], written[p.Key] = g.text, g.written
	}
	return w.given(object(texts), object(written))
}

func object(pairs map[string]string) string {
	text, _ := json.Marshal(pairs) // strings never fail
	return string(text)
}
