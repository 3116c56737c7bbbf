package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

// A Problem is one mistake in the settings.
type Problem struct {
	// Name is the setting's name, or a flag with its dashes, or a command.
	Name string
	// What says what is wrong, and what would be correct. It contains no secret.
	What string
	// At is the line of the settings file, as file:line; "" if the mistake is not in the file.
	At string
}

// String joins the parts. It has as many lines as What.
func (p Problem) String() string {
	var parts []string
	for _, part := range []string{p.At, p.Name, p.What} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Problems are all mistakes in the settings.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	var b strings.Builder
	b.WriteString(ps.heading())
	for _, p := range ps {
		b.WriteString("\n  " + strings.ReplaceAll(p.String(), "\n", "\n    "))
	}
	return b.String()
}

func (ps Problems) heading() string {
	n, arguments := len(ps), 0
	for _, p := range ps {
		if p.ofArgument() {
			arguments++
		}
	}
	switch {
	case arguments == 1 && n == 1:
		return "invalid argument:"
	case arguments == n:
		return fmt.Sprintf("%d invalid arguments:", n)
	case arguments > 0:
		return fmt.Sprintf("%d settings and arguments are wrong:", n)
	case n == 1:
		return "a setting is wrong:"
	}
	return fmt.Sprintf("%d settings are wrong:", n)
}

// The commands name the flag or the word before the argument, or themselves if several flags together are wrong.
func (p Problem) ofArgument() bool {
	return strings.HasPrefix(p.Name, "--") || strings.HasPrefix(p.Name, "autoscalebot ") ||
		p.Name == "from" || p.Name == "until"
}

// Join adds the problems that ps does not have yet.
func (ps *Problems) Join(others Problems) {
	for _, p := range others {
		if !slices.Contains(*ps, p) {
			*ps = append(*ps, p)
		}
	}
}

// Note adds an error: its problems if it is a [Problems], otherwise one problem under the name. A nil error adds
// nothing.
func (ps *Problems) Note(name string, err error) {
	var others Problems
	switch {
	case errors.As(err, &others):
		*ps = append(*ps, others...)
	case err != nil:
		*ps = append(*ps, Problem{Name: name, What: err.Error()})
	}
}

func (ps *Problems) add(name, format string, args ...any) {
	*ps = append(*ps, Problem{Name: name, What: fmt.Sprintf(format, args...)})
}

// LoadAll reads the settings of each process type in the file, in its order, or of the only process type. The
// environment overrides the file, and keys below a process type override those at the top of the file. The error is a
// [Problems] with all mistakes.
func LoadAll() ([]*Settings, error) {
	var problems Problems
	problems.unknown(os.Environ())
	problems.proxies()
	sources := problems.sources()
	problems = append(problems, sources[0].problems()...)
	var all []*Settings
	of := make([]Problems, len(sources))
	for i, src := range sources {
		s := of[i].read(src, func(string) bool { return true })
		if !src.broken() {
			of[i].check(s)
		}
		of[i].place(0, src)
		all = append(all, s)
	}
	problems.merge(of, sources)
	problems.together(all)
	if len(problems) > 0 {
		return nil, problems
	}
	return all, nil
}

func (ps *Problems) together(all []*Settings) {
	used := map[string]string{} // process types by what only one of them may use
	once := func(s *Settings, name, value string) {
		first, taken := used[name+value]
		if used[name+value] = string(s.HerokuProcessType); taken {
			*ps = append(*ps, Problem{
				name,
				fmt.Sprintf("%s and %s must not share it. Set it for each, below the process type in the file", first,
					s.HerokuProcessType), s.src.at(name),
			})
		}
	}
	for _, s := range all {
		if s.StateFile != "" {
			once(s, "STATE_FILE", string(s.StateFile))
		}
		if socket := string(s.AdminSocket); socket != "" && !strings.EqualFold(socket, "none") {
			once(s, "ADMIN_SOCKET", socket)
		}
		if s.AdminAddr != "" {
			once(s, "ADMIN_ADDR", string(s.AdminAddr))
		}
		if s.Platform == "local" || s.HasPool() && s.PoolBalancer == "local" {
			once(s, "LOCAL_ADDR", string(s.LocalAddr))
		}
		if s.HasPool() {
			once(s, "POOL_NAME", s.Pooled())
			ps.notOfImages(s, all)
		}
	}
}

// The image command names its temporary servers after the pool, with -image appended. A bot of a pool of that name
// would take them for its own.
func (ps *Problems) notOfImages(s *Settings, all []*Settings) {
	for _, other := range all {
		if other.HasPool() && s.Pooled() == other.Pooled()+"-image" {
			*ps = append(*ps, Problem{
				"POOL_NAME",
				fmt.Sprintf("%q: image prepare uses this name for temporary servers of the pool %s. Choose "+
					"another name",
					s.Pooled(), other.Pooled()), s.src.at("POOL_NAME"),
			})
		}
	}
}

func (ps *Problems) read(src *source, wanted func(name string) bool) *Settings {
	s := &Settings{src: src}
	s.ScalingRules = src.breaches()
	v := reflect.ValueOf(s).Elem()
	compatible := src.compatible()
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if !wanted(name) {
			continue
		}
		ps.twoNames(src, name)
		if what := src.load(safeguardOff(f, compatible), v.FieldByIndex(f.Index)); what != "" {
			ps.add(src.called(name), "%s", what)
		}
	}
	return s
}

// Defaults returns the settings with their defaults, whatever the environment says. Settings without a default are
// empty, and Table is not set.
func Defaults() *Settings {
	s := &Settings{}
	v := reflect.ValueOf(s).Elem()
	for _, f := range fields() {
		load(f, "", v.FieldByIndex(f.Index))
	}
	return s
}

// The order is that of documents and lists: the essential settings come first.
func fields() []reflect.StructField {
	all := slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[Settings]()), func(f reflect.StructField) bool {
		return f.Tag.Get("envconfig") == ""
	})
	rank := func(f reflect.StructField) int {
		if i := slices.Index(essentials, f.Tag.Get("envconfig")); i >= 0 {
			return i
		}
		return len(essentials)
	}
	slices.SortStableFunc(all, func(a, b reflect.StructField) int { return rank(a) - rank(b) })
	return all
}

// envconfig stops at the first mistake, so it gets a struct with this field only. under is the environment variable, ""
// for the default. The result says what is wrong.
func load(f reflect.StructField, under string, v reflect.Value) string {
	if under == "" {
		under = "=" // no variable can have this name, so envconfig takes the default
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: f.Name, Type: f.Type,
		Tag: reflect.StructTag(fmt.Sprintf(`envconfig:%q default:%q`, under, f.Tag.Get("default"))),
	}}))
	err := envconfig.Process("", one.Interface())
	v.Set(one.Elem().Field(0))
	if err == nil {
		return ""
	}
	var pe *envconfig.ParseError
	if !errors.As(err, &pe) {
		return err.Error()
	}
	if secretive(f) || f.Type == reflect.TypeFor[Rules]() { // their errors quote what is wrong, without secrets
		return pe.Err.Error()
	}
	if strings.Contains(pe.Err.Error(), fmt.Sprintf("%#q", strings.TrimSpace(pe.Value))) {
		return pe.Err.Error() // the only row of a schedule, which its error quotes
	}
	return fmt.Sprintf("%q: %v", shortened(pe.Value), pe.Err)
}

// A table can be long. Errors name the row.
func shortened(text string) string {
	const most = 100
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func secretive(f reflect.StructField) bool {
	switch f.Type {
	case reflect.TypeFor[Secret](), reflect.TypeFor[Headers](), reflect.TypeFor[Signals]():
		return true
	}
	return false
}

// An empty variable counts as not set: people clear a setting on a web page this way. The result is "" if no variable
// is set.
func find(name string) string {
	if name == fileName { // it includes the prefix
		if strings.TrimSpace(os.Getenv(name)) != "" {
			return name
		}
		return ""
	}
	if other := OtherName(name); other != "" && set(name) == "" {
		return set(other)
	}
	return set(name)
}

func (ps *Problems) unknown(environ []string) {
	ours := append(names(func(Entry) bool { return true }), slices.Sorted(maps.Keys(otherNames))...)
	slices.Sort(environ)
	for _, pair := range environ {
		full, _, _ := strings.Cut(pair, "=")
		name, ok := strings.CutPrefix(full, Prefix)
		if !ok || slices.Contains(ours, mainName(name)) || full == fileName {
			continue
		}
		ps.add(full, "unknown setting; the nearest is %s%s", Prefix, spelling.Nearest(name, ours))
	}
}
