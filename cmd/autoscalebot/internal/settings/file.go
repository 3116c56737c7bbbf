package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

const (
	// fileName is the setting that names the file; unlike the others it has the prefix always.
	fileName = "AUTOSCALE_FILE"
	// processType is the setting that a key below processes stands for.
	processType = "HEROKU_PROCESS_TYPE"
	// processes is the key under which the file has what is about one process type alone.
	processes = "processes"
)

// A file is a settings file, read but not yet judged setting by setting.
type file struct {
	path string
	// top is what is about all process types.
	top section
	// processes are those that the file names, in its order.
	processes []section
	// problems are what is wrong beside the values. broken says that nothing of the file could be read.
	problems Problems
	broken   bool
	// notes are what a document of another autoscaler means that is not taken over as it stands.
	notes []string
	// document is the form of the other autoscaler's document that the file is, if it is one.
	document cfautoscaler.Format
}

// A section is the part of a file that is about all process types or about one.
type section struct {
	// name is the process type's, and at the line where it stands; "" for all.
	name, at string
	// values are what is given, by the settings' names.
	values map[string]given
	// breaches are the scaling_rules.
	breaches []decide.BreachRule
}

// A given is what a file says of a setting.
type given struct {
	// text is what it says, as the environment would have it; written is the same as it stands in the file.
	text, written string
	// at is where, as file:line.
	at string
	// names are the environment variables whose values stand in text.
	names []string
	// wrong says what is wrong with it already, "" for nothing.
	wrong string
}

// readFile reads a settings file. What keeps it from being read is a problem at once; what else is wrong stands in the file.
func (ps *Problems) readFile(path string) *file {
	out := &file{path: path, top: section{values: map[string]given{}}}
	text, err := readText(path)
	if err != nil {
		out.broken = true
		ps.add(fileName, "%q: %v", path, err)
		return out
	}
	root, err := document.Parse(text)
	if err != nil {
		out.broken = true
		var mistakes document.Mistakes
		errors.As(err, &mistakes)
		for _, m := range mistakes {
			*ps = append(*ps, Problem{At: out.at(m.Line), What: m.What})
		}
		return out
	}
	if root.Kind != document.Map {
		out.broken = true
		*ps = append(*ps, Problem{At: out.at(root.Line), What: fmt.Sprintf("it is %v; write settings as key: value", root.Kind)})
		return out
	}
	if format := cfautoscaler.Guess(root); format != cfautoscaler.Autoscale {
		out.existing(root, format, time.Now())
		return out
	}
	out.read(root)
	return out
}

func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file; write its path from where the bot starts")
	case errors.As(err, &pathErr):
		return nil, fmt.Errorf("cannot be opened: %w", pathErr.Err)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("is a folder; write the path of the file in it")
	}
	text, err := document.Read(f)
	if errors.As(err, &pathErr) {
		return nil, fmt.Errorf("cannot be read: %w", pathErr.Err)
	}
	return text, err
}

// at names a line of the file.
func (f *file) at(line int) string {
	if line == 0 {
		return f.path
	}
	return fmt.Sprintf("%s:%d", f.path, line)
}

func (f *file) wrong(line int, name, format string, args ...any) {
	f.problems = append(f.problems, Problem{Name: name, What: fmt.Sprintf(format, args...), At: f.at(line)})
}

// read takes in what the file says.
func (f *file) read(root *document.Node) {
	if root.Kind != document.Map {
		f.wrong(root.Line, "", "it is %v; write settings as key: value", root.Kind)
		return
	}
	f.section(&f.top, root)
	n := root.Get(processes)
	switch {
	case n == nil:
		return
	case n.Kind != document.Map:
		f.wrong(n.Line, processes, "is %v; write a process type with a colon in each line, and its settings below it", n.Kind)
		return
	}
	for _, p := range n.Pairs {
		s := section{name: p.Key, at: f.at(p.Line), values: map[string]given{
			processType: {text: p.Key, written: p.Key, at: f.at(p.Line)},
		}}
		switch p.Value.Kind {
		case document.Map:
			f.section(&s, p.Value)
		case document.Nothing:
		default:
			f.wrong(p.Line, spelling.Shown(p.Key, nil), "is %v; write the settings of this process type below it, as key: value", p.Value.Kind)
		}
		f.processes = append(f.processes, s)
	}
	if g, ok := f.top.values[processType]; ok {
		f.problems = append(f.problems, Problem{Name: processType, What: "names a process type, and so does processes; leave it out", At: g.at})
		delete(f.top.values, processType)
	}
}

// section takes in the settings of one part.
func (f *file) section(s *section, n *document.Node) {
	all := fields()
	for _, p := range n.Pairs {
		name := strings.ToUpper(p.Key)
		i := slices.IndexFunc(all, func(f reflect.StructField) bool { return f.Tag.Get("envconfig") == name })
		switch {
		case p.Key == processes && s.name == "":
		case p.Key == scalingRules:
			rules, err := cfautoscaler.Breaches(p.Value)
			if s.breaches = rules; err != nil {
				f.mistakes(err)
			}
		case p.Key == "applications" && s.name == "":
			f.wrong(p.Line, p.Key, "is of a manifest of cf push; name a settings file, or App Autoscaler's own manifest (instance_limits) or policy (instance_min_count)")
		case i < 0 || p.Key != strings.ToLower(p.Key) || name == fileName:
			f.wrong(p.Line, spelling.Shown(p.Key, f.keys()), "there is no such setting; the nearest is %s", spelling.Nearest(strings.TrimPrefix(strings.ToLower(p.Key), strings.ToLower(Prefix)), f.keys()))
		case s.name != "" && name == processType:
			f.wrong(p.Line, p.Key, "is the key %s above it already; leave it out", s.name)
		case s.name != "" && all[i].Tag.Get("once") != "":
			f.wrong(p.Line, p.Key, "is for all process types together; write it at the top of the file, not below %s", s.name)
		case p.Value.Kind == document.Nothing:
		default:
			g := textOf(all[i], p.Value, f.at)
			if g.at = f.at(p.Line); g.text != "" || g.wrong != "" {
				s.values[name] = g
			}
		}
	}
}

// keys are those that a file may have.
func (f *file) keys() []string {
	keys := []string{processes, scalingRules}
	for _, name := range names(func(e Entry) bool { return e.Name != fileName }) {
		keys = append(keys, strings.ToLower(name))
	}
	return keys
}
