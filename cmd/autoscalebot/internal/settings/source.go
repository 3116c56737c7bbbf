package settings

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

// A source has the settings of one process type: the environment, then the file. The nil source is the environment
// alone.
type source struct {
	file *file
	own  *section // of the process type, nil if the file names none
}

func (src *source) given(name string) (g given, ok bool) {
	if src == nil {
		return given{}, false
	}
	if src.own != nil {
		if g, ok = src.own.values[name]; ok {
			return g, true
		}
	}
	g, ok = src.file.top.values[name]
	return g, ok
}

func (src *source) problems() Problems {
	if src == nil {
		return nil
	}
	return src.file.problems
}

func (src *source) broken() bool { return src != nil && src.file.broken }

// "" for the default
func (src *source) from(name string) string {
	if under := find(name); under != "" {
		return under
	}
	g, _ := src.given(name)
	return g.at
}

// "" if the file does not set the value in force.
func (src *source) at(name string) string {
	if find(name) != "" {
		return ""
	}
	g, _ := src.given(name)
	return g.at
}

// As people may see it.
func (src *source) text(f reflect.StructField) string {
	text, given := src.written(f, func(g given) string { return g.written })
	if !given {
		return text
	}
	return shown(f, text)
}

// It may be a secret.
func (src *source) raw(f reflect.StructField) string {
	text, _ := src.written(f, func(g given) string { return g.text })
	return text
}

// The result is the default if the setting is not given.
func (src *source) written(f reflect.StructField, of func(given) string) (text string, given bool) {
	name := f.Tag.Get("envconfig")
	if under := find(name); under != "" {
		return strings.TrimSpace(os.Getenv(under)), true
	}
	if g, ok := src.given(name); ok {
		return of(g), true
	}
	return safeguardOff(f, src.compatible()).Tag.Get("default"), false
}

func (src *source) load(f reflect.StructField, v reflect.Value) string {
	name := f.Tag.Get("envconfig")
	g, ok := src.given(name)
	under := find(name)
	switch {
	case under != "" && python(name, os.Getenv(under)) != strings.TrimSpace(os.Getenv(under)):
		return load(withDefault(f, python(name, os.Getenv(under))), "", v)
	case under != "":
		return load(f, under, v)
	case !ok:
		return load(f, "", v)
	}
	what := load(withDefault(f, python(name, g.text)), "", v)
	switch {
	case g.wrong != "":
		load(f, "", v)
		return g.wrong
	case what == "" || g.text == g.written:
		return what
	}
	// The environment's part may be a secret, so the error quotes the text with the variables' names.
	return cmp.Or(load(withDefault(f, g.written), "", reflect.New(f.Type).Elem()),
		fmt.Sprintf("%q: invalid with the values of these variables", shortened(g.written)))
}

// A text from elsewhere becomes the default of a variable that nobody can set. It is then read like a variable, with
// the same errors.
func withDefault(f reflect.StructField, text string) reflect.StructField {
	if text != "" {
		f.Tag = reflect.StructTag(fmt.Sprintf(`envconfig:%q default:%q`, f.Tag.Get("envconfig"), text))
	}
	return f
}

// There is a source for each process type in the file, in its order, or only for the one that the environment names,
// and one source if the file names no process types. The result is never empty.
func (ps *Problems) sources() []*source {
	path := strings.TrimSpace(os.Getenv(fileName))
	if path == "" {
		return []*source{nil}
	}
	file := ps.readFile(path)
	if len(file.processes) == 0 {
		return []*source{{file: file}}
	}
	var out []*source
	var names []string
	under := find(processType)
	for i := range file.processes {
		own := &file.processes[i]
		names = append(names, own.name)
		if under == "" || strings.TrimSpace(os.Getenv(under)) == own.name {
			out = append(out, &source{file, own})
		}
	}
	if len(out) == 0 {
		ps.add(under, "%q is not in %s, which has %s", os.Getenv(under), path, strings.Join(names, ", "))
		return []*source{{file, &file.processes[0]}}
	}
	return out
}

// Problems from start on get the line of their setting in the file. Values of the environment may be secret, so they
// are replaced by the names of their variables.
func (ps Problems) place(start int, src *source) {
	for i := range ps[start:] {
		p := &ps[start+i]
		for name := range strings.SplitSeq(p.Name, ", ") {
			name = mainName(name)
			at := src.at(name)
			if at == "" {
				continue
			}
			p.At = cmp.Or(p.At, at)
			g, _ := src.given(name)
			p.What = redacted(p.What, g.names)
		}
	}
}

// Shorter values, such as numbers, may also be in other parts of a message.
const shortestSecret = 5

func redacted(text string, names []string) string {
	for _, name := range names {
		for _, value := range []string{os.Getenv(name), strings.ToLower(os.Getenv(name))} { // a Word is in lower case
			if len(value) >= shortestSecret {
				text = strings.ReplaceAll(text, value, "${"+name+"}")
			}
		}
	}
	return text
}

// A problem of all process types is reported once. Another one without a line of its own gets the line of its process
// type.
func (ps *Problems) merge(of []Problems, sources []*source) {
	for i, problems := range of {
		for _, p := range problems {
			if !slices.ContainsFunc(of, func(o Problems) bool { return !slices.Contains(o, p) }) {
				if i == 0 {
					*ps = append(*ps, p)
				}
				continue
			}
			if own := sources[i].own; p.At == "" && own != nil {
				p.At = own.at
			}
			if !slices.Contains(*ps, p) {
				*ps = append(*ps, p)
			}
		}
	}
}
