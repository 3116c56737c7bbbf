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
	return given{wrong: fmt.Sprintf("is %v; write %s", n.Kind, wanted(f))}
}

const (
	rules   = "RULES"
	signals = "SIGNALS"
)

// separator is "" where a setting is no list.
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
	at   func(line int) string
	line int
	// wrong is what is wrong first; names are the variables that were put in.
	names []string
	wrong string
}

func (w *writer) given(text, written string) given {
	return given{text: strings.TrimSpace(text), written: strings.TrimSpace(written), names: w.names, wrong: w.wrong}
}

// mistake names the line where it is not the setting's.
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
		w.mistake(n.Line, "%v stands where one value must", n.Kind)
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
			w.mistake(item.Line, "an item holds what separates items; make several of it")
		}
		texts, written = append(texts, g.text), append(written, g.written)
	}
	return w.given(strings.Join(texts, separator), strings.Join(written, separator))
}

// mayHold says whether an item may hold what separates items: a row of a table, and the quoted name of a mail address.
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
			w.mistake(p.Value.Line, "%s holds a space or a semicolon; a rule's values have none", p.Key)
		}
		if p.Key == "signal" {
			signal = g
			continue
		}
		texts, written = append(texts, p.Key+"="+g.text), append(written, p.Key+"="+g.written)
	}
	if signal.text == "" {
		w.mistake(n.Line, "a rule names no signal; write signal: and its name")
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
	text, _ := json.Marshal(pairs) // which cannot fail
	return string(text)
}
