package settings

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

// A source is where the settings of one process type come from: the environment, and where that says nothing a file.
// The nil source is the environment alone.
type source struct {
	file *file
	own  *section // nil for none
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

// at is "" where the file does not say what holds.
func (src *source) at(name string) string {
	if find(name) != "" {
		return ""
	}
	g, _ := src.given(name)
	return g.at
}

func (src *source) text(f reflect.StructField) string {
	name := f.Tag.Get("envconfig")
	if under := find(name); under != "" {
		return shown(f, strings.TrimSpace(os.Getenv(under)))
	}
	if g, ok := src.given(name); ok {
		return shown(f, g.written)
	}
	return safeguardOff(f, src.compatible()).Tag.Get("default")
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
	// What the environment puts in may be a secret, so the mistake is told of the text with the names in it.
	return cmp.Or(load(withDefault(f, g.written), "", reflect.New(f.Type).Elem()),
		fmt.Sprintf("%q: with what the environment puts in, it cannot be read", shortened(g.written)))
}

// withDefault gives a setting another default. As the default of a name that nobody can set, a text from elsewhere is
// read and refused in the same words as the environment's.
func withDefault(f reflect.StructField, text string) reflect.StructField {
	if text != "" {
		f.Tag = reflect.StructTag(fmt.Sprintf(`envconfig:%q default:%q`, f.Tag.Get("envconfig"), text))
	}
	return f
}

// sources opens the file that AUTOSCALE_FILE names, and returns a source for each process type that it names, in its
// order, or the one of all else. Where the environment says which process type is meant, it is that one's alone. There
// always is one.
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
		ps.add(under, "%q is none of those that %s names: %s", os.Getenv(under), path, strings.Join(names, ", "))
		return []*source{{file, &file.processes[0]}}
	}
	return out
}

// place tells of each problem from the one at start on where in the file its setting stands, and takes out what the
// environment put there, which may be a secret.
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

// A number in a message would be cut up otherwise.
const shortestSecret = 5

func redacted(text string, names []string) string {
	for _, name := range names {
		for _, value := range []string{os.Getenv(name), strings.ToLower(os.Getenv(name))} { // as a Word has it
			if len(value) >= shortestSecret {
				text = strings.ReplaceAll(text, value, "${"+name+"}")
			}
		}
	}
	return text
}

// merge adds the problems of several process types. What all have in common is told once; another that stands in no
// line of its own is told at the line of its process type.
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
