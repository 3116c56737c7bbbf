package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	// The only setting whose name includes the prefix.
	fileName    = "AUTOSCALE_FILE"
	processType = "HEROKU_PROCESS_TYPE"
	processes   = "processes"
)

type file struct {
	path      string
	top       section   // settings of all process types
	processes []section // in the file's order
	problems  Problems  // other mistakes than in values
	broken    bool
	notes     []string            // what differs from the document of another autoscaler
	document  cfautoscaler.Format // "" for a settings file
	text      []byte
}

type section struct {
	name, at string              // the process type, "" for all, and its line
	values   map[string]given    // by the settings' names
	breaches []decide.BreachRule // the scaling_rules
}

type given struct {
	// text has the environment's variables filled in, written has their names.
	text, written string
	as            string   // the name in the file, "" if a document of another autoscaler sets it
	at            string   // file:line
	names         []string // the environment variables in text
	wrong         string
}

// What keeps the file from being read is reported here. Other mistakes are in problems of the result.
func (ps *Problems) readFile(path string) *file {
	out := &file{path: path, top: section{values: map[string]given{}}}
	text, err := readText(path)
	if err != nil {
		out.broken = true
		ps.add(fileName, "%q: %v", path, err)
		return out
	}
	out.text = text
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
		*ps = append(*ps, Problem{
			At:   out.at(root.Line),
			What: fmt.Sprintf("must be settings as key: value, not %v", root.Kind),
		})
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
		return nil, errors.New("no such file: must be a path from the bot's working directory")
	case errors.As(err, &pathErr):
		return nil, fmt.Errorf("cannot be opened: %w", pathErr.Err)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("is a folder: must be the path of a file")
	}
	text, err := document.Read(f)
	if errors.As(err, &pathErr) {
		return nil, fmt.Errorf("cannot be read: %w", pathErr.Err)
	}
	return text, err
}

func (f *file) at(line int) string {
	if line == 0 {
		return f.path
	}
	return fmt.Sprintf("%s:%d", f.path, line)
}

func (f *file) wrong(line int, name, format string, args ...any) {
	f.problems = append(f.problems, Problem{Name: name, What: fmt.Sprintf(format, args...), At: f.at(line)})
}

func (f *file) read(root *document.Node) {
	if root.Kind != document.Map {
		f.wrong(root.Line, "", "must be settings as key: value, not %v", root.Kind)
		return
	}
	f.section(&f.top, root)
	n := root.Get(processes)
	switch {
	case n == nil:
		return
	case n.Kind != document.Map:
		f.wrong(n.Line, processes, "must be a map of process types, with their settings below them, not %v",
			n.Kind)
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
			f.wrong(p.Line, spelling.Shown(p.Key, nil),
				"must be the settings of this process type, as key: value, not %v", p.Value.Kind)
		}
		f.processes = append(f.processes, s)
	}
	if g, ok := f.top.values[processType]; ok {
		f.problems = append(f.problems, Problem{
			Name: processType,
			What: "is not allowed together with processes, which names the process types. Remove it", At: g.at,
		})
		delete(f.top.values, processType)
	}
}

func (f *file) section(s *section, n *document.Node) {
	all := fields()
	for _, p := range n.Pairs {
		as := strings.ToUpper(p.Key)
		name := mainName(as)
		i := slices.IndexFunc(all, func(f reflect.StructField) bool { return f.Tag.Get("envconfig") == name })
		switch {
		case p.Key == processes && s.name == "":
		case p.Key == scalingRules:
			rules, err := cfautoscaler.Breaches(p.Value)
			if s.breaches = rules; err != nil {
				f.mistakes(err)
			}
		case p.Key == "applications" && s.name == "":
			f.wrong(p.Line, p.Key, "belongs to a manifest of cf push. Use a settings file, or App Autoscaler's "+
				"manifest (instance_limits) or policy (instance_min_count)")
		case i < 0 || p.Key != strings.ToLower(p.Key) || name == fileName:
			f.wrong(p.Line, spelling.Shown(p.Key, f.keys()), "unknown setting; the nearest is %s",
				spelling.Nearest(strings.TrimPrefix(strings.ToLower(p.Key), strings.ToLower(Prefix)), f.keys()))
		case s.name != "" && name == processType:
			f.wrong(p.Line, p.Key, "is set by the key %s above. Remove it here", s.name)
		case s.name != "" && all[i].Tag.Get("once") != "":
			f.wrong(p.Line, p.Key, "applies to all process types. Move it to the top of the file, out of %s",
				s.name)
		case p.Value.Kind == document.Nothing:
		default:
			g := textOf(all[i], p.Value, f.at)
			g.as, g.at = as, f.at(p.Line)
			if g.text == "" && g.wrong == "" {
				continue
			}
			f.twoNames(p.Line, as, s.values[name], f.top.values[name])
			s.values[name] = g
		}
	}
}

func (f *file) keys() []string {
	keys := []string{processes, scalingRules}
	for _, name := range slices.Sorted(maps.Keys(otherNames)) {
		keys = append(keys, strings.ToLower(name))
	}
	for _, name := range names(func(e Entry) bool { return e.Name != fileName }) {
		keys = append(keys, strings.ToLower(name))
	}
	return keys
}
