package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/kelseyhightower/envconfig"
)

// A Problem is one thing that is wrong with the settings.
type Problem struct {
	// Name is the setting's.
	Name string
	// What says what is wrong and what would be right. It holds no secret.
	What string
}

// Problems are all that is wrong with the settings.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	var b strings.Builder
	if len(ps) == 1 {
		b.WriteString("a setting is wrong:")
	} else {
		fmt.Fprintf(&b, "%d settings are wrong:", len(ps))
	}
	for _, p := range ps {
		fmt.Fprintf(&b, "\n  %s: %s", p.Name, strings.ReplaceAll(p.What, "\n", "\n    "))
	}
	return b.String()
}

func (ps *Problems) add(name, format string, args ...any) {
	*ps = append(*ps, Problem{name, fmt.Sprintf(format, args...)})
}

// Load reads all settings from the environment. Its error is the [Problems], all of them.
func Load() (*Settings, error) {
	var problems Problems
	problems.unknown(os.Environ())
	s := problems.read(func(string) bool { return true })
	problems.check(s)
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

// read reads the settings that are wanted from the environment.
func (ps *Problems) read(wanted func(name string) bool) *Settings {
	s := &Settings{}
	v := reflect.ValueOf(s).Elem()
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if !wanted(name) {
			continue
		}
		if what := load(f, find(name), v.FieldByIndex(f.Index)); what != "" {
			ps.add(name, "%s", what)
		}
	}
	return s
}

// Defaults returns the settings as they are when nothing is set, without regard to the environment. What has no default is
// empty, and Table is not made.
func Defaults() *Settings {
	s := &Settings{}
	v := reflect.ValueOf(s).Elem()
	for _, f := range fields() {
		load(f, "", v.FieldByIndex(f.Index))
	}
	return s
}

// fields lists the settings in the order of the struct.
func fields() []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[Settings]()), func(f reflect.StructField) bool {
		return f.Tag.Get("envconfig") == ""
	})
}

// load reads one setting into v from the name under which it is given, "" if it is not, and returns what is wrong with it.
// envconfig stops at the first mistake that it finds, so it is given a struct of this one field.
func load(f reflect.StructField, under string, v reflect.Value) string {
	if under == "" {
		under = "=" // a name that nobody can set, so that the default serves
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
	if f.Type == reflect.TypeFor[Secret]() || f.Type == reflect.TypeFor[Headers]() {
		return pe.Err.Error()
	}
	return fmt.Sprintf("%q: %v", pe.Value, pe.Err)
}

// find returns the name under which a setting is given: with the prefix, without it, or "" for neither. One that is set to
// nothing is not given: that is how people clear a setting on a web page.
func find(name string) string {
	for _, under := range []string{Prefix + name, name} {
		if strings.TrimSpace(os.Getenv(under)) != "" {
			return under
		}
	}
	return ""
}

// unknown finds the names with our prefix that are not ours.
func (ps *Problems) unknown(environ []string) {
	var ours []string
	for _, f := range fields() {
		ours = append(ours, f.Tag.Get("envconfig"))
	}
	slices.Sort(environ)
	for _, pair := range environ {
		full, _, _ := strings.Cut(pair, "=")
		name, ok := strings.CutPrefix(full, Prefix)
		if !ok || slices.Contains(ours, name) {
			continue
		}
		nearest := slices.MinFunc(ours, func(a, b string) int {
			return levenshtein.ComputeDistance(a, name) - levenshtein.ComputeDistance(b, name)
		})
		ps.add(full, "there is no such setting; the nearest is %s%s", Prefix, nearest)
	}
}

// EnvironWithoutSecrets returns the environment less the bot's own secrets, for commands that the bot starts. HEARTBEAT_TOKEN and
// DATABASE_URL stay: the app needs them as well.
func EnvironWithoutSecrets() []string {
	secret := map[string]bool{}
	for _, f := range fields() {
		if f.Type == reflect.TypeFor[Secret]() || f.Type == reflect.TypeFor[Headers]() {
			name := f.Tag.Get("envconfig")
			secret[name], secret[Prefix+name] = true, true
		}
	}
	delete(secret, "HEARTBEAT_TOKEN")
	delete(secret, "DATABASE_URL")
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return secret[name]
	})
}
